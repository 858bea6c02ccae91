import { TensorError } from "../core/errors.ts";

/** An axis counted from the front. @throws TensorError when there is no such axis. */
export function frontAxis(where: string, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new TensorError(
    `${where}: expected ${rank === 0 ? "a tensor with axes, got a scalar and the axis" : `an axis from ${-rank} to ${rank - 1}, got`} ${axis}`,
  );
}

/** Axes counted from the front, in order; all of them when none are given. @throws TensorError when one is named twice. */
export function frontAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const front = (typeof axes === "number" ? [axes] : axes).map((axis) => frontAxis(where, axis, rank));
  if (new Set(front).size !== front.length) throw new TensorError(`${where}: expected each axis once, got [${String(axes)}]`);
  return front.sort((a, b) => a - b);
}

/** @throws TensorError unless every size of a shape, or every count, is a whole number from 0. */
export function expectShape(where: string, shape: readonly number[]): void {
  for (const size of shape)
    if (!Number.isSafeInteger(size) || size < 0) throw new TensorError(`${where}: expected whole numbers from 0, got [${shape.join(", ")}]`);
}
