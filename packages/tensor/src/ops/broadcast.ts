import { TensorError } from "../core/errors.ts";
import { Tensor } from "../core/tensor.ts";

/** The shape that all of these broadcast to, aligned at the last axis as in NumPy. @throws TensorError naming the axis that doesn't fit. */
export function broadcastShapes(where: string, inputs: readonly Pick<Tensor, "shape">[]): readonly number[] {
  const [first] = inputs;
  if (first && inputs.every(({ shape }) => sameShape(first.shape, shape))) return first.shape; // most often: nothing to put together
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const { shape } of inputs) {
    const shift = rank - shape.length;
    for (const [index, size] of shape.entries()) {
      const axis = index + shift;
      const before = result[axis] as number;
      if (size === before || size === 1) continue;
      if (before !== 1) {
        const shapes = inputs.map((input) => `[${input.shape.join(", ")}]`).join(" and ");
        throw new TensorError(`${where}: expected shapes that broadcast, got ${shapes}: ${before} and ${size} at axis ${axis - rank} differ and neither is 1`);
      }
      result[axis] = size;
    }
  }
  return result;
}

/** A view in which axes of size 1 and missing leading axes repeat up to a shape. Nothing is recorded: `broadcastTo` is the op. */
export function repeated(x: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const shift = shape.length - x.rank;
  const strides = shape.map((size, axis) => {
    const own = axis - shift;
    return own < 0 || (x.shape[own] === 1 && size !== 1) ? 0 : (x.strides[own] as number);
  });
  return new Tensor(x.storage, x.dtype, shape, strides, x.offset);
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}
