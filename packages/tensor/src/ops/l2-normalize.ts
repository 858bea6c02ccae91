import type { Tensor } from "../core/tensor.ts";
import { expectFloat32 } from "./check.ts";
import { div, maximum, mul, sqrt } from "./instructions.ts";
import { type SumOf, sumOf } from "./sum-of.ts";

const squares: SumOf = sumOf("sumOfSquares", 1, (x) => mul(x, x));

/** `x / max(√Σx², epsilon)` along an axis: vectors of length 1. */
export function l2Normalize<Rank extends number>(x: Tensor<Rank>, axis = -1, { epsilon = 1e-12 }: { readonly epsilon?: number } = {}): Tensor<Rank> {
  expectFloat32("l2Normalize", x);
  // bounded under the root, whose gradient at 0 is infinite
  return div(x, sqrt(maximum(squares([x], axis, { keepAxes: true }), epsilon * epsilon))) as Tensor<Rank>;
}
