import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary } from "../program/elementwise.ts";
import { alongLast } from "./along.ts";
import { expectFloat32 } from "./check.ts";
import { div, exp, log, mul, sub } from "./instructions.ts";
import { max, sum } from "./reduce.ts";
import { type SumOf, sumOf } from "./sum-of.ts";

const keepAxes = { keepAxes: true };
const dot: SumOf = sumOf("dot", 2, (a, b) => mul(a, b));
const back: Ternary = elementwise("softmax gradient", (g, y, total) => mul(y, sub(g, total)));
const logBack: Ternary = elementwise("logSoftmax gradient", (g, y, total) => sub(g, mul(exp(y), total)));

const lastAxis = op<[x: Tensor], { readonly log: boolean }, "softmax">("softmax", {
  compose: ([x], settings) => {
    const shifted = sub(x, max(x, -1, keepAxes));
    const powers = exp(shifted);
    const total = sum(powers, -1, keepAxes);
    return [settings.log ? sub(shifted, log(total)) : div(powers, total)];
  },
  kernel: { name: "softmax", call: ([x], settings) => ({ settings, operands: [x], outputs: [{ shape: x.shape, dtype: "float32" }] }) },
  vjp: ({ cotangents: [g], outputs, settings }) => {
    const y = outputs[0] as Tensor;
    if (!g) return [null];
    return [settings.log ? logBack(g, y, sum(g, -1, keepAxes)) : back(g, y, dot([g, y], -1, keepAxes))];
  },
});

/** `exp(x − max) / Σ exp(x − max)` along an axis: positive numbers that add up to 1. Where all are −Infinity the result is NaN. */
export function softmax<Rank extends number>(x: Tensor<Rank>, axis = -1): Tensor<Rank> {
  expectFloat32("softmax", x);
  return alongLast("softmax", x, axis, (rows) => lastAxis([rows], { log: false })[0] as Tensor) as Tensor<Rank>;
}

/** The logarithm of `softmax`, exact where the softmax itself would round to 0. */
export function logSoftmax<Rank extends number>(x: Tensor<Rank>, axis = -1): Tensor<Rank> {
  expectFloat32("logSoftmax", x);
  return alongLast("logSoftmax", x, axis, (rows) => lastAxis([rows], { log: true })[0] as Tensor) as Tensor<Rank>;
}
