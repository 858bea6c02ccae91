import type { Tensor } from "../core/tensor.ts";
import { sum } from "./reduce.ts";
import { reshape } from "./views.ts";

/** The reverse of broadcasting: summed over the axes along which `shape` was repeated to get x's shape. */
export function sumTo(x: Tensor, shape: readonly number[]): Tensor {
  const shift = x.rank - shape.length;
  const over = x.shape.flatMap((size, axis) => (axis < shift || (shape[axis - shift] === 1 && size !== 1) ? [axis] : []));
  if (over.length === 0) return x;
  return reshape(sum(x, over), shape);
}
