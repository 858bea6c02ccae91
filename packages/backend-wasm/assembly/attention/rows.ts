import { AttentionCall } from "./call";

// Queries and their contexts, row by row.

/** Rows times a number, one after the other. */
export function scaleRows(from: usize, stride: usize, rows: usize, size: usize, scale: f32, to: usize): void {
  const four = f32x4.splat(scale);
  for (let i: usize = 0; i < rows; i++) {
    const row = from + i * stride;
    let d: usize = 0;
    for (; d + 4 <= size; d += 4, to += 16) v128.store(to, f32x4.mul(v128.load(row + (d << 2)), four));
    for (; d < size; d++, to += 4) store<f32>(to, load<f32>(row + (d << 2)) * scale);
  }
}

/** A query's weighted sum of values, divided by the sum of its weights, to its place in `context`. */
export function divideRow(call: AttentionCall, from: usize, sum: f32, row: usize, head: usize, query: usize): void {
  const size: usize = call.valueDim;
  const to = call.context + (((row * call.queries + query) * call.heads + head) * size << 2);
  const factor: f32 = sum == 0 ? 0 : call.keep / sum;
  const four = f32x4.splat(factor);
  let d: usize = 0;
  for (; d + 4 <= size; d += 4) v128.store(to + (d << 2), f32x4.mul(v128.load(from + (d << 2)), four));
  for (; d < size; d++) store<f32>(to + (d << 2), load<f32>(from + (d << 2)) * factor);
}

/** A query's log-sum-exp to its place. */
export function leaveLogSumExp(call: AttentionCall, largest: f64, sum: f32, row: usize, head: usize, query: usize): void {
  const at = call.logSumExp + (((row * call.heads + head) * call.queries + query) << 2);
  store<f32>(at, sum == 0 ? -Infinity : <f32>(largest + Math.log(<f64>sum)));
}
