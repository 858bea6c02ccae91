import type { Tensor } from "../core/tensor.ts";
import { type Elementwise, elementwise } from "../program/elementwise.ts";
import type { Expression } from "../program/expression.ts";
import { greater, less, where } from "./instructions.ts";

const between: Elementwise<[Expression, Expression, Expression]> = elementwise("clamp", (x, low, high) =>
  where(less(x, low), low, where(greater(x, high), high, x)),
);

/** x, but at least `low` and at most `high`. The gradient passes at the bounds themselves and is 0 beyond; NaN stays NaN. */
export function clamp<Rank extends number>(x: Tensor<Rank>, low: number, high: number): Tensor<Rank> {
  return between(x, low, high) as Tensor<Rank>;
}
