import { firstLanes, maximumAcross } from "./horizontal";

// Rows of any length: whole vectors, then one whose lanes beyond the row are made harmless.

/** The last vector of a row with lanes from `count` (1 to 3) on replaced. */
// @ts-ignore: decorator
@inline
export function lastOfRow(at: usize, count: usize, replacement: f32): v128 {
  return firstLanes(v128.load(at), f32x4.splat(replacement), <i32>count);
}

/** The largest of a row; NaN is passed over unless it is all there is. */
export function largestOfRow(row: usize, size: usize): f32 {
  let most = f32x4.splat(-Infinity);
  let other = most;
  let i: usize = 0;
  for (; i + 8 <= size; i += 8) {
    most = f32x4.pmax(most, v128.load(row + (i << 2)));
    other = f32x4.pmax(other, v128.load(row + (i << 2), 16));
  }
  most = f32x4.pmax(most, other);
  for (; i + 4 <= size; i += 4) most = f32x4.pmax(most, v128.load(row + (i << 2)));
  if (i < size) most = f32x4.pmax(most, lastOfRow(row + (i << 2), size - i, -Infinity));
  return maximumAcross(most);
}

/** The sum of a row, in float64. */
export function sumOfRow(row: usize, size: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 4 <= size; i += 4) {
    const x = v128.load(row + (i << 2));
    low = f64x2.add(low, f64x2.promote_low_f32x4(x));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15)));
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < size; i++) sum += <f64>load<f32>(row + (i << 2));
  return sum;
}
