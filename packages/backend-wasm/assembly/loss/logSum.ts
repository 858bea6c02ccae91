import { exponentialOfNegative } from "../simd/exponential";
import { sumAcross } from "../simd/horizontal";
import { lastOfRow } from "../simd/row";

/**
 * log Σ exp(x − largest) of a row. Beside `largest` (of `largestOfRow`) it is a small number: kept apart, their sum loses nothing where numbers are
 * large. −Infinity where all are.
 */
export function logSum(row: usize, size: usize, largest: f32): f64 {
  if (largest == -Infinity) return hasNaN(row, size) ? NaN : -Infinity;
  const base = f32x4.splat(largest);
  let sum = f32x4.splat(0);
  let other = sum;
  let total: f64 = 0;
  let i: usize = 0;
  while (i + 8 <= size) {
    // long rows: what 128 vectors add up to goes into a float64
    const end = min(size - 7, i + 1024);
    for (; i < end; i += 8) {
      sum = f32x4.add(sum, exponentialOfNegative(f32x4.sub(v128.load(row + (i << 2)), base)));
      other = f32x4.add(other, exponentialOfNegative(f32x4.sub(v128.load(row + (i << 2), 16), base)));
    }
    total += <f64>sumAcross(f32x4.add(sum, other));
    sum = f32x4.splat(0);
    other = sum;
  }
  for (; i < size; i += 4) {
    const x = size - i >= 4 ? v128.load(row + (i << 2)) : lastOfRow(row + (i << 2), size - i, -Infinity);
    total += <f64>sumAcross(exponentialOfNegative(f32x4.sub(x, base)));
  }
  return Math.log(total);
}

function hasNaN(row: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i++) {
    const x = load<f32>(row + (i << 2));
    if (x != x) return true;
  }
  return false;
}
