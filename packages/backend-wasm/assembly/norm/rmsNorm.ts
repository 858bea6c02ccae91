import { madd } from "../simd/madd";
import { firstLanes, storeLanes, sumAcross } from "../simd/horizontal";

// rmsNorm, for every row, which stays in cache: its mean square; then x · r · weight.

function squares(x: usize, size: usize): f64 {
  let sum = f32x4.splat(0);
  let other = sum;
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    const a = v128.load(x + (i << 2));
    const b = v128.load(x + (i << 2), 16);
    sum = madd(a, a, sum);
    other = madd(b, b, other);
  }
  for (; i < size; i += 4) {
    const a = v128.load(x + (i << 2));
    const b = size - i >= 4 ? a : firstLanes(a, f32x4.splat(0), <i32>(size - i));
    sum = madd(b, b, sum);
  }
  return <f64>sumAcross(f32x4.add(sum, other));
}

/** Rows [from, to) of `size` numbers each. */
export function rmsNorm(x: usize, weight: usize, out: usize, reciprocals: usize, size: usize, epsilon: f64, from: usize, to: usize): void {
  for (let row = from; row < to; row++) {
    const offset = (row * size) << 2;
    const reciprocal = <f32>(1 / Math.sqrt(squares(x + offset, size) / <f64>size + epsilon));
    const factor = f32x4.splat(reciprocal);
    for (let i: usize = 0; i < size; i += 4) {
      const y = f32x4.mul(f32x4.mul(v128.load(x + offset + (i << 2)), factor), v128.load(weight + (i << 2)));
      storeLanes(out + offset + (i << 2), y, <i32>min<usize>(4, size - i));
    }
    store<f32>(reciprocals + (row << 2), reciprocal);
  }
}
