import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary } from "../program/elementwise.ts";
import { gather } from "./gather.ts";
import { add, mul, sub } from "./instructions.ts";
import { logSumExp } from "./log-sum-exp.ts";
import { oneHot } from "./one-hot.ts";
import { mean } from "./reduce.ts";
import { softmax } from "./softmax.ts";
import { expandDims, squeeze } from "./views.ts";

/** What changes the loss of a row. */
interface Smoothing {
  /** The share of the target spread evenly over all classes. */
  readonly smoothing: number;
  /** The weight of the squared log-sum-exp. */
  readonly zLoss: number;
}

const zTerm: Ternary = elementwise("zLoss", (loss, total, z) => add(loss, mul(z, mul(total, total))));

// The log-sum-exp is for the kernel; the composition works it out again, so that a gradient of the gradient flows through the logits alone.
const gradient = op<[g: Tensor, logits: Tensor, targets: Tensor, total: Tensor], Smoothing & { readonly over: boolean }, "crossEntropyGradient">(
  "crossEntropyGradient",
  {
    compose: ([g, logits, targets], { smoothing, zLoss }) => {
      const classes = logits.shape[1] as number;
      let pull = softmax(logits);
      if (zLoss !== 0) pull = mul(pull, add(1, mul(2 * zLoss, logSumExp(logits, -1, { keepAxes: true }))));
      const target = mul(oneHot(targets, classes), 1 - smoothing);
      return [mul(expandDims(g, 1), sub(pull, smoothing === 0 ? target : add(target, smoothing / classes)))];
    },
    kernel: {
      name: "crossEntropyGradient",
      call: (inputs, { smoothing, zLoss, over }) => {
        const [, logits] = inputs;
        const outputs = [{ shape: logits.shape, dtype: "float32" }] as const;
        return { settings: {}, operands: inputs, scalars: [smoothing, zLoss], outputs, ...(over ? { donated: [1] } : {}) };
      },
    },
  },
);

/**
 * Per row of `logits [rows, classes]` and int32 `targets [rows]`, with L = logsumexp(row):
 * `(1 − s)·(L − x[target]) + s·(L − mean(x)) + z·L²`. Gives the losses and L, both [rows].
 */
export const crossEntropyRows: (inputs: [logits: Tensor, targets: Tensor], settings: Smoothing) => readonly Tensor[] = op<
  [logits: Tensor, targets: Tensor],
  Smoothing,
  "crossEntropy"
>("crossEntropy", {
  compose: ([logits, targets], { smoothing, zLoss }) => {
    const total = logSumExp(logits, -1);
    const hit = sub(total, squeeze(gather(logits, expandDims(targets, 1)), 1));
    // without smoothing the mean plays no part, even where it is −Infinity
    const loss = smoothing === 0 ? hit : add(mul(hit, 1 - smoothing), mul(sub(total, mean(logits, -1)), smoothing));
    return [zLoss === 0 ? loss : zTerm(loss, total, zLoss), total];
  },
  kernel: {
    name: "crossEntropy",
    call: ([logits, targets], { smoothing, zLoss }) => {
      const rows = { shape: targets.shape, dtype: "float32" } as const;
      return { settings: {}, operands: [logits, targets], scalars: [smoothing, zLoss], outputs: [rows, rows] };
    },
  },
  vjp: ({ cotangents: [g], inputs: [logits, targets], outputs, settings, spare }) => [
    g ? (gradient([g, logits, targets, outputs[1] as Tensor], { ...settings, over: spare })[0] as Tensor) : null,
    null,
  ],
  // logits are often the largest array of a step
  overwrites: 0,
});
