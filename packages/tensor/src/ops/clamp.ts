import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary } from "../program/elementwise.ts";
import { equal, greaterEqual, lessEqual, sub, where } from "./instructions.ts";

const between: Ternary = elementwise("clamp", (x, low, high) => {
  // x − x is NaN where x is, and has no gradient
  const number = where(equal(x, x), x, sub(x, x));
  return where(lessEqual(x, low), low, where(greaterEqual(x, high), high, number));
});

/** x, but at least `low` and at most `high`. The gradient passes between the bounds and is 0 at them, as in PyTorch; NaN stays NaN, with gradient 0. */
export function clamp<Rank extends number>(x: Tensor<Rank>, low: number, high: number): Tensor<Rank> {
  return between(x, low, high) as Tensor<Rank>;
}
