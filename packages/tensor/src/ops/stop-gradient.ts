import { Tensor } from "../core/tensor.ts";

/** The same numbers, through which no gradient goes back. A view. */
export function stopGradient<Rank extends number>(x: Tensor<Rank>): Tensor<Rank> {
  return new Tensor<Rank>(x.storage, x.dtype, x.shape, x.strides, x.offset);
}
