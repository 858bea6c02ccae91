import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Elementwise, elementwise, type Unary } from "../program/elementwise.ts";
import type { Expression } from "../program/expression.ts";
import { frontAxes } from "./axes.ts";
import { expectFloat32 } from "./check.ts";
import { abs, add, div, exp, lessEqual, log, mul, sub, where } from "./instructions.ts";
import { kept, max, type ReduceOptions } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";
import { type SumOf, sumOf } from "./sum-of.ts";
import { reshape } from "./views.ts";

const largestFloat32 = 3.4028234663852886e38;
const finite: Unary = elementwise("finite", (x) => where(lessEqual(abs(x), largestFloat32), x, 0));
const sumOfPowers: SumOf = sumOf("sumOfPowers", 2, (x, shift) => exp(sub(x, shift)));
// where the sum is 0 the result is −Infinity and nothing can move it: the gradient is 0
const back: Elementwise<[g: Expression, x: Expression, shift: Expression, total: Expression]> = elementwise("logSumExp gradient", (g, x, shift, total) =>
  where(lessEqual(total, 0), 0, mul(g, div(exp(sub(x, shift)), total))),
);

/** What is taken off before powers are taken: the maximum, unless it is infinite (∞ − ∞ would be NaN). No gradient goes through it. */
const shiftOf = (x: Tensor, axes: readonly number[]): Tensor => finite(max(stopGradient(x), axes, { keepAxes: true }));

const fold = op<[x: Tensor], readonly number[]>("logSumExp", {
  compose: ([x], axes) => {
    const shift = shiftOf(x, axes);
    const total = log(sumOfPowers([x, shift], axes));
    return [add(total, reshape(shift, total.shape))];
  },
  // from x rather than from the result, whose rounding exp would magnify where it is large
  vjp: ({ cotangents: [g], inputs: [x], settings: axes }) => {
    if (!g) return [null];
    const shift = shiftOf(x, axes);
    return [back(reshape(g, shift.shape), x, shift, sumOfPowers([x, shift], axes, { keepAxes: true }))];
  },
});

/** `ln Σ eˣ` over some axes, all unless said, without overflow. −Infinity where all are −Infinity. */
export function logSumExp(x: Tensor, axes?: number | readonly number[], { keepAxes = false }: ReduceOptions = {}): Tensor {
  expectFloat32("logSumExp", x);
  const over = frontAxes("logSumExp", axes, x.rank);
  const total = fold([x], over)[0] as Tensor;
  return keepAxes ? reshape(total, kept(x.shape, over)) : total;
}
