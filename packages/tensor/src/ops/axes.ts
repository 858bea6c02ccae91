import { TensorError } from "../core/errors.ts";

/** An axis counted from the front. @throws TensorError when there is no such axis. */
export function frontAxis(where: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) throw new TensorError(`${where}: expected an axis from ${-rank} to ${rank - 1}, got ${axis}`);
  return axis < 0 ? axis + rank : axis;
}

/** Axes counted from the front, in order; all of them when none are given. @throws TensorError when one is named twice. */
export function frontAxes(where: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const front = (typeof axes === "number" ? [axes] : axes).map((axis) => frontAxis(where, axis, rank));
  if (new Set(front).size !== front.length) throw new TensorError(`${where}: expected each axis once, got [${String(axes)}]`);
  return front.sort((a, b) => a - b);
}
