import { elementCount } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary } from "../program/elementwise.ts";
import { square } from "./activations.ts";
import { expectFloat32 } from "./check.ts";
import { crossEntropyRows } from "./cross-entropy-rows.ts";
import { take } from "./gather.ts";
import { add, div, mul, neg, notEqual, toFloat32, where } from "./instructions.ts";
import { logSumExp } from "./log-sum-exp.ts";
import { matmul } from "./matmul.ts";
import { mean, sum } from "./reduce.ts";
import { logSoftmax } from "./softmax.ts";
import { type SumOf, sumOf } from "./sum-of.ts";
import { reshape } from "./views.ts";

/** What counts in a cross-entropy, and how the rows become one number. */
export interface CrossEntropyOptions {
  /** The target that marks a row to be left out, −100 in PyTorch's habit; none unless said. */
  readonly ignore?: number;
  /** A float32 weight a row, of the targets' shape: how much it counts. */
  readonly weights?: Tensor;
  /** A float32 weight a class: a row counts by that of its target. */
  readonly classWeights?: Tensor;
  /** The share of the target spread evenly over all classes, Szegedy et al. 2016 (arXiv 1512.00567); 0 unless said. */
  readonly labelSmoothing?: number;
  /** The weight of the squared log-sum-exp that is added to a row's loss, as in Mesh TensorFlow; 0 unless said. */
  readonly zLoss?: number;
  /** One number, divided by the sum of the weights of the rows that count (NaN when none does), or not; or a number a row. */
  readonly reduction?: "mean" | "sum" | "none";
}

const dot: SumOf = sumOf("dot", 2, (a, b) => mul(a, b));
// a row that does not count gives 0 even where its loss is infinite
const counted: Ternary = elementwise("counted", (loss, weight, ignored) => where(ignored, mul(loss, weight), 0));

/**
 * The negative log-likelihood of targets under softmax(logits): `logits […, classes]`, and `targets` either int32 ids `[…]` or float32
 * probabilities `[…, classes]`.
 *
 * A row's loss is `−log softmax(x)[target]`; see the options for smoothing, the z-loss and weights. What is ignored or weighs 0 gets no
 * gradient.
 *
 * @throws TensorError when shapes or types don't fit; DeviceError when a target is no class, on devices that can tell.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { crossEntropy, tensor } from "@ashlar/tensor";
 * const device = reference();
 * const logits = tensor([[2, 1, 0], [0, 1, 2]], { device });
 * const targets = tensor([0, -100], { device, dtype: "int32" });
 * console.log(await crossEntropy(logits, targets, { ignore: -100 }).item()); // 0.4076…
 * ```
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  check(logits, targets, options);
  const classes = logits.shape.at(-1) as number;
  const shape = logits.shape.slice(0, -1);
  const rows = reshape(logits, [elementCount(shape), classes]);
  const weights = options.weights ? reshape(options.weights, [-1]) : null;
  const result =
    targets.dtype === "int32"
      ? hardTargets(rows, reshape(targets, [-1]), weights, options)
      : softTargets(rows, reshape(targets, [-1, classes]), weights, options);
  return options.reduction === "none" ? reshape(result, shape) : result;
}

function check(logits: Tensor, targets: Tensor, { weights, classWeights, labelSmoothing = 0 }: CrossEntropyOptions): void {
  expectFloat32("crossEntropy", logits);
  const shapes = `logits [${logits.shape.join(", ")}]`;
  const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, axis) => size === b[axis]);
  const rows = logits.shape.slice(0, -1);
  const fits = targets.dtype === "int32" ? same(targets.shape, rows) : targets.dtype === "float32" && same(targets.shape, logits.shape);
  if (logits.rank === 0 || !fits)
    throw new TensorError(`crossEntropy: expected int32 targets [${rows.join(", ")}] or float32 [${logits.shape.join(", ")}] for ${shapes}, got ${targets}`);
  if (weights && (weights.dtype !== "float32" || !same(weights.shape, rows)))
    throw new TensorError(`crossEntropy: expected float32 weights [${rows.join(", ")}] for ${shapes}, got ${weights}`);
  if (classWeights && (classWeights.dtype !== "float32" || !same(classWeights.shape, logits.shape.slice(-1))))
    throw new TensorError(`crossEntropy: expected float32 classWeights [${logits.shape.at(-1)}] for ${shapes}, got ${classWeights}`);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) throw new TensorError(`crossEntropy: expected labelSmoothing from 0 to 1, got ${labelSmoothing}`);
}

function hardTargets(rows: Tensor, targets: Tensor, weights: Tensor | null, options: CrossEntropyOptions): Tensor {
  const { ignore, classWeights, labelSmoothing = 0, zLoss = 0, reduction = "mean" } = options;
  const counts = ignore === undefined ? null : notEqual(targets, ignore);
  // an ignored row is computed as if its target were 0, and then counts for nothing
  const ids = counts ? where(counts, targets, 0) : targets;
  const ofTarget = classWeights ? take(classWeights, ids) : null;
  let loss: Tensor;
  if (classWeights && ofTarget && labelSmoothing > 0) {
    // what is spread weighs by the class it is spread to
    const spread = neg(matmul(logSoftmax(rows), classWeights));
    const hit = mul(crossEntropyRows([rows, ids], { smoothing: 0, zLoss: 0 })[0] as Tensor, ofTarget);
    loss = add(mul(hit, 1 - labelSmoothing), mul(spread, labelSmoothing / classWeights.size));
    if (zLoss > 0) loss = add(loss, mul(mul(square(logSumExp(rows, -1)), ofTarget), zLoss));
  } else {
    loss = crossEntropyRows([rows, ids], { smoothing: labelSmoothing, zLoss })[0] as Tensor;
    if (ofTarget) loss = mul(loss, ofTarget);
  }
  const own = weights ?? (counts && toFloat32(counts));
  if (own) loss = counts ? counted(loss, own, counts) : mul(loss, own);
  if (reduction === "none") return loss;
  if (reduction === "sum") return sum(loss);
  if (!own && !ofTarget) return mean(loss);
  const masked = counts && weights ? where(counts, weights, 0) : own;
  const total = masked && ofTarget ? dot([masked, ofTarget]) : sum((masked ?? ofTarget) as Tensor);
  return div(sum(loss), total);
}

function softTargets(rows: Tensor, targets: Tensor, weights: Tensor | null, options: CrossEntropyOptions): Tensor {
  const { ignore, classWeights, labelSmoothing = 0, zLoss = 0, reduction = "mean" } = options;
  if (ignore !== undefined) throw new TensorError("crossEntropy: ignore needs int32 targets; give probabilities { weights } instead");
  const smoothed = labelSmoothing > 0 ? add(mul(targets, 1 - labelSmoothing), labelSmoothing / (rows.shape[1] as number)) : targets;
  let loss = neg(dot([classWeights ? mul(smoothed, classWeights) : smoothed, logSoftmax(rows)], -1));
  if (zLoss > 0) loss = add(loss, mul(square(logSumExp(rows, -1)), zLoss));
  if (weights) loss = mul(loss, weights);
  if (reduction === "none") return loss;
  if (reduction === "sum") return sum(loss);
  return weights ? div(sum(loss), sum(weights)) : mean(loss);
}
