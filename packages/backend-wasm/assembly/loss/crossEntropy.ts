import { largestOfRow, sumOfRow } from "../simd/row";
import { logSum } from "./logSum";

// crossEntropy, for every row of logits: the log-sum-exp L in two passes over the row, then the loss of its target. No probability is stored.

/** Rows [from, to). Returns 0, or 1 + the row of the first target that isn't a class. */
export function crossEntropy(
  logits: usize, targets: usize, losses: usize, sums: usize, classes: usize, smoothing: f64, z: f64, from: usize, to: usize,
): usize {
  for (let row = from; row < to; row++) {
    const target = load<u32>(targets + (row << 2));
    if (target >= classes) return 1 + row;
    const x = logits + ((row * classes) << 2);
    const largest = largestOfRow(x, classes);
    const sum = <f64>largest + logSum(x, classes, largest);
    let loss = (1 - smoothing) * (sum - <f64>load<f32>(x + (target << 2))) + z * sum * sum;
    // without smoothing the mean stays out: a class at −Infinity does no harm then
    if (smoothing != 0) loss += smoothing * (sum - sumOfRow(x, classes) / <f64>classes);
    store<f32>(losses + (row << 2), <f32>loss);
    store<f32>(sums + (row << 2), <f32>sum);
  }
  return 0;
}
