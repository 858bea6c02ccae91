import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { concat } from "./copy.ts";
import { slice } from "./views.ts";

/** Moved `shift` places along an axis; what leaves at one end comes in at the other. */
export function roll<Rank extends number>(x: Tensor<Rank>, shift: number, axis = -1): Tensor<Rank> {
  const at = frontAxis("roll", axis, x.rank);
  const size = x.shape[at] as number;
  const places = size === 0 ? 0 : ((shift % size) + size) % size;
  if (places === 0) return x;
  return concat([slice(x, at, { start: size - places }), slice(x, at, { end: size - places })], at) as Tensor<Rank>;
}
