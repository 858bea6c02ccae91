import { exponentialOfNegative } from "../simd/exponential";
import { storeLanes } from "../simd/horizontal";

// crossEntropyGradient, for every row: probabilities from the log-sum-exp L, times 1 + 2zL, less what was wanted of each class, times the row's
// cotangent, in one pass. The output may be the logits' own memory.

/** Rows [from, to). Returns 0, or 1 + the row of the first target that isn't a class. */
export function crossEntropyGradient(
  cotangents: usize, logits: usize, targets: usize, sums: usize, out: usize, classes: usize, smoothing: f64, z: f64, from: usize, to: usize,
): usize {
  const others = smoothing / <f64>classes; // wanted of every class
  for (let row = from; row < to; row++) {
    const target = load<u32>(targets + (row << 2));
    if (target >= classes) return 1 + row;
    const offset = (row * classes) << 2;
    const x = logits + offset;
    const to = out + offset;
    const sum = load<f32>(sums + (row << 2));
    const cotangent = <f64>load<f32>(cotangents + (row << 2));
    const base = f32x4.splat(sum);
    const factor = f32x4.splat(<f32>(cotangent * (1 + 2 * z * <f64>sum)));
    const less = f32x4.splat(<f32>(cotangent * others));
    const p = <f64>f32x4.extract_lane(exponentialOfNegative(f32x4.splat(load<f32>(x + (target << 2)) - sum)), 0); // before it is written over
    for (let i: usize = 0; i < classes; i += 4) {
      const all = exponentialOfNegative(f32x4.sub(v128.load(x + (i << 2)), base));
      storeLanes(to + (i << 2), f32x4.sub(f32x4.mul(all, factor), less), <i32>min<usize>(4, classes - i));
    }
    const at = to + (target << 2);
    store<f32>(at, <f32>(cotangent * (p * (1 + 2 * z * <f64>sum) - others - (1 - smoothing))));
  }
  return 0;
}
