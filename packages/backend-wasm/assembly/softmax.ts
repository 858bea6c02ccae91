import { logSum } from "./loss/logSum";
import { exponentialOfNegative } from "./simd/exponential";
import { storeLanes, sumAcross } from "./simd/horizontal";
import { largestOfRow, lastOfRow } from "./simd/row";

// softmax, for every row: find the largest number; store exp(x − largest) and add up; divide by the sum. With `log`:
// subtract the largest number and the logarithm of that sum.

function softmaxRow(x: usize, size: usize, out: usize): void {
  const base = f32x4.splat(largestOfRow(x, size));
  let sum = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 4 <= size; i += 4) {
    const e = exponentialOfNegative(f32x4.sub(v128.load(x + (i << 2)), base));
    v128.store(out + (i << 2), e);
    sum = f32x4.add(sum, e);
  }
  const whole = i;
  let last = f32x4.splat(0);
  if (i < size) {
    last = exponentialOfNegative(f32x4.sub(lastOfRow(x + (i << 2), size - i, -Infinity), base));
    sum = f32x4.add(sum, last);
  }
  const factor = f32x4.splat(1 / sumAcross(sum));
  for (i = 0; i < whole; i += 4) v128.store(out + (i << 2), f32x4.mul(v128.load(out + (i << 2)), factor));
  if (whole < size) storeLanes(out + (whole << 2), f32x4.mul(last, factor), <i32>(size - whole));
}

function logSoftmaxRow(x: usize, size: usize, out: usize): void {
  const largest = largestOfRow(x, size);
  const rest = <f32>logSum(x, size, largest);
  const base = f32x4.splat(largest);
  const four = f32x4.splat(rest);
  let i: usize = 0;
  for (; i + 4 <= size; i += 4) v128.store(out + (i << 2), f32x4.sub(f32x4.sub(v128.load(x + (i << 2)), base), four));
  for (; i < size; i++) store<f32>(out + (i << 2), load<f32>(x + (i << 2)) - largest - rest);
}

/** Rows [from, to) of `size` numbers each. */
export function softmax(log: bool, x: usize, out: usize, size: usize, from: usize, to: usize): void {
  for (let row = from; row < to; row++) {
    const offset = (row * size) << 2;
    if (log) logSoftmaxRow(x + offset, size, out + offset);
    else softmaxRow(x + offset, size, out + offset);
  }
}
