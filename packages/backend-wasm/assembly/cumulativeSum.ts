// cumulativeSum, for every row: a running sum, in float64 for floats, written at each step.

/** Rows [from, to) of `size` numbers each. */
export function cumulativeSum(isInteger: bool, x: usize, out: usize, size: usize, from: usize, to: usize): void {
  for (let row = from; row < to; row++) {
    let sum: f64 = 0;
    let count = 0;
    const end = ((row + 1) * size) << 2;
    for (let o = (row * size) << 2; o < end; o += 4) {
      if (isInteger) {
        count += load<i32>(x + o);
        store<i32>(out + o, count);
      } else {
        sum += <f64>load<f32>(x + o);
        store<f32>(out + o, <f32>sum);
      }
    }
  }
}
