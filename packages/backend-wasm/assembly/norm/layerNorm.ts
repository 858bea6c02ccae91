import { madd } from "../simd/madd";
import { firstLanes, storeLanes, sumAcross } from "../simd/horizontal";
import { sumOfRow } from "../simd/row";

// layerNorm, for every row, which stays in cache: its mean; the mean square of what is left; then the result, in three passes.

function squaresAround(x: usize, size: usize, mean: f32): f64 {
  const middle = f32x4.splat(mean);
  let sum = f32x4.splat(0);
  let other = sum;
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    const a = f32x4.sub(v128.load(x + (i << 2)), middle);
    const b = f32x4.sub(v128.load(x + (i << 2), 16), middle);
    sum = madd(a, a, sum);
    other = madd(b, b, other);
  }
  for (; i < size; i += 4) {
    const a = f32x4.sub(v128.load(x + (i << 2)), middle);
    const b = size - i >= 4 ? a : firstLanes(a, f32x4.splat(0), <i32>(size - i));
    sum = madd(b, b, sum);
  }
  return <f64>sumAcross(f32x4.add(sum, other));
}

/** Rows [from, to) of `size` numbers each. */
export function layerNorm(
  x: usize, weight: usize, bias: usize, out: usize, means: usize, reciprocals: usize, size: usize, epsilon: f64, from: usize, to: usize,
): void {
  for (let row = from; row < to; row++) {
    const offset = (row * size) << 2;
    const mean = <f32>(sumOfRow(x + offset, size) / <f64>size);
    const reciprocal = <f32>(1 / Math.sqrt(squaresAround(x + offset, size, mean) / <f64>size + epsilon));
    const middle = f32x4.splat(mean);
    const factor = f32x4.splat(reciprocal);
    for (let i: usize = 0; i < size; i += 4) {
      const normal = f32x4.mul(f32x4.sub(v128.load(x + offset + (i << 2)), middle), factor);
      const y = madd(normal, v128.load(weight + (i << 2)), v128.load(bias + (i << 2)));
      storeLanes(out + offset + (i << 2), y, <i32>min<usize>(4, size - i));
    }
    store<f32>(means + (row << 2), mean);
    store<f32>(reciprocals + (row << 2), reciprocal);
  }
}
