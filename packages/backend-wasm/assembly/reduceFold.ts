// The folds of one piece of numbers that lie side by side, for `reduce`.

export const SUM = 0;
export const PRODUCT = 1;
export const MAXIMUM = 2;
export const MINIMUM = 3;
export const ARGMAX = 4;
export const ARGMIN = 5;

// @ts-ignore: decorator
@inline
export function upperHalf(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}

// Sixteen numbers are added to four in float32 (two roundings), those in float64: as exact as pairwise summation, at the speed of memory.
function foldSum(at: usize, count: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  while (count >= 16) {
    const s = f32x4.add(f32x4.add(v128.load(at), v128.load(at, 16)), f32x4.add(v128.load(at, 32), v128.load(at, 48)));
    low = f64x2.add(low, f64x2.promote_low_f32x4(s));
    high = f64x2.add(high, f64x2.promote_low_f32x4(upperHalf(s)));
    at += 64;
    count -= 16;
  }
  const both = f64x2.add(low, high);
  let sum = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; count > 0; count--, at += 4) sum += <f64>load<f32>(at);
  return sum;
}

// Comparing minima and maxima cost one instruction each but drop NaN: any is remembered beside them.
// @ts-ignore: decorator
@inline
function foldExtreme(maximum: bool, at: usize, count: usize): f64 {
  const start: f32 = maximum ? -Infinity : Infinity;
  let best = f32x4.splat(start);
  let other = best;
  let unordered = i32x4.splat(0);
  while (count >= 8) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    best = maximum ? f32x4.pmax(best, a) : f32x4.pmin(best, a);
    other = maximum ? f32x4.pmax(other, b) : f32x4.pmin(other, b);
    unordered = v128.or(unordered, v128.or(f32x4.ne(a, a), f32x4.ne(b, b)));
    at += 32;
    count -= 8;
  }
  if (v128.any_true(unordered)) return NaN;
  best = maximum ? f32x4.pmax(best, other) : f32x4.pmin(best, other);
  const a = f32x4.extract_lane(best, 0);
  const b = f32x4.extract_lane(best, 1);
  const c = f32x4.extract_lane(best, 2);
  const d = f32x4.extract_lane(best, 3);
  let result: f32 = maximum ? max(max(a, b), max(c, d)) : min(min(a, b), min(c, d));
  for (; count > 0; count--, at += 4) result = maximum ? max(result, load<f32>(at)) : min(result, load<f32>(at));
  return <f64>result;
}

/** What a fold of nothing gives. */
export function identityFloat(kind: i32): f64 {
  return kind == SUM ? 0 : kind == PRODUCT ? 1 : kind == MAXIMUM || kind == ARGMAX ? -Infinity : Infinity;
}

/** Folds `count` float32 into `result`. */
export function foldFloat(kind: i32, result: f64, at: usize, count: usize): f64 {
  if (kind == SUM) return result + foldSum(at, count);
  if (kind == MAXIMUM || kind == ARGMAX) return max(result, foldExtreme(true, at, count));
  if (kind == MINIMUM || kind == ARGMIN) return min(result, foldExtreme(false, at, count));
  for (; count > 0; count--, at += 4) result *= <f64>load<f32>(at);
  return result;
}

/** What an integer fold of nothing gives. */
export function identityInteger(kind: i32): i32 {
  return kind == SUM ? 0 : kind == PRODUCT ? 1 : kind == MAXIMUM || kind == ARGMAX ? i32.MIN_VALUE : i32.MAX_VALUE;
}

/** Folds `count` int32 into `result`; sums and products wrap. */
export function foldInteger(kind: i32, result: i32, at: usize, count: usize): i32 {
  for (; count > 0; count--, at += 4) {
    const x = load<i32>(at);
    if (kind == SUM) result += x;
    else if (kind == PRODUCT) result *= x;
    else if (kind == MAXIMUM || kind == ARGMAX) result = max(result, x);
    else result = min(result, x);
  }
  return result;
}

/** The place of the first float32 equal to `value`, NaN equal to NaN. */
export function findFloat(value: f64, at: usize, count: usize): usize {
  const wanted = f32x4.splat(<f32>value);
  const isNaN = value != value;
  let i: usize = 0;
  for (; i + 4 <= count; i += 4) {
    const x = v128.load(at + (i << 2));
    const found = i32x4.bitmask(isNaN ? f32x4.ne(x, x) : f32x4.eq(x, wanted));
    if (found) return i + ctz(found);
  }
  for (; i < count; i++) {
    const x = <f64>load<f32>(at + (i << 2));
    if (isNaN ? x != x : x == value) return i;
  }
  return 0;
}

/** The place of the first int32 equal to `value`. */
export function findInteger(value: i32, at: usize, count: usize): usize {
  for (let i: usize = 0; i < count; i++) if (load<i32>(at + (i << 2)) == value) return i;
  return 0;
}
