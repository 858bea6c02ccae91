import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary, type Unary } from "../program/elementwise.ts";
import { frontAxes } from "./axes.ts";
import { expectFloat32 } from "./check.ts";
import { abs, add, exp, lessEqual, log, mul, sub, where } from "./instructions.ts";
import { kept, max, type ReduceOptions } from "./reduce.ts";
import { type SumOf, sumOf } from "./sum-of.ts";
import { reshape } from "./views.ts";

const largestFloat32 = 3.4028234663852886e38;
const finite: Unary = elementwise("finite", (x) => where(lessEqual(abs(x), largestFloat32), x, 0));
const sumOfPowers: SumOf = sumOf("sumOfPowers", 2, (x, shift) => exp(sub(x, shift)));
// where the result is −Infinity nothing can move it: the gradient is 0
const back: Ternary = elementwise("logSumExp gradient", (g, x, result) => where(lessEqual(result, -largestFloat32), 0, mul(g, exp(sub(x, result)))));

const fold = op<[x: Tensor], readonly number[]>("logSumExp", {
  compose: ([x], axes) => {
    // an infinite maximum is not taken off: ∞ − ∞ would be NaN
    const shift = finite(max(x, axes, { keepAxes: true }));
    const total = log(sumOfPowers([x, shift], axes));
    return [add(total, reshape(shift, total.shape))];
  },
  vjp: ({ cotangents: [g], inputs: [x], outputs, settings: axes }) => {
    const shape = kept(x.shape, axes);
    return [g ? back(reshape(g, shape), x, reshape(outputs[0] as Tensor, shape)) : null];
  },
});

/** `ln Σ eˣ` over some axes, all unless said, without overflow. −Infinity where all are −Infinity. */
export function logSumExp(x: Tensor, axes?: number | readonly number[], { keepAxes = false }: ReduceOptions = {}): Tensor {
  expectFloat32("logSumExp", x);
  const over = frontAxes("logSumExp", axes, x.rank);
  const total = fold([x], over)[0] as Tensor;
  return keepAxes ? reshape(total, kept(x.shape, over)) : total;
}
