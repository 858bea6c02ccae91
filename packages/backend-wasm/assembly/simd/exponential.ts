import { madd } from "./madd";

// Adding 1.5 · 2²³ rounds a small number to a whole one, which then stands in the low bits.
// @ts-ignore: decorator
@inline
const SHIFT: f32 = 12582912;
// @ts-ignore: decorator
@inline
const SHIFT_BITS: i32 = 0x4b400000;

// x / ln 2 rounded to whole, plus SHIFT.
// @ts-ignore: decorator
@inline
function shiftedPower(x: v128): v128 {
  return madd(x, f32x4.splat(1.44269504), f32x4.splat(SHIFT));
}

// 2ⁿ for whole n in [-126, 127]: the exponent's bits, written.
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

// (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2: Cephes expf.
// @ts-ignore: decorator
@inline
function exponentialTail(r: v128): v128 {
  let p = f32x4.splat(1.9875691500e-4);
  p = madd(p, r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  return madd(p, r, f32x4.splat(5.0000001201e-1));
}

// x − n ln 2, with ln 2 in two parts of which the first has few bits, so that its product is exact.
// @ts-ignore: decorator
@inline
function withoutPowers(x: v128, n: v128): v128 {
  return madd(n, f32x4.splat(2.12194440e-4), madd(n, f32x4.splat(-0.693359375), x));
}

/** eˣ to 1 ulp, Infinity above 88.7, tiny numbers down to the last, NaN for NaN: x = n ln 2 + r, eˣ = 2ⁿ eʳ. */
// @ts-ignore: decorator
@inline
export function exponential(argument: v128): v128 {
  // these minima and maxima let a NaN on their left pass
  const x = f32x4.pmax(f32x4.pmin(argument, f32x4.splat(90)), f32x4.splat(-105));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, f32x4.sub(shifted, f32x4.splat(SHIFT)));
  const p = madd(exponentialTail(r), f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  // in two halves, because 2ⁿ itself may be out of range
  const whole = i32x4.sub(shifted, i32x4.splat(SHIFT_BITS));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/** eˣ for x ≤ 0, as softmax needs it: 0 below −87.3, and less work at the end. */
// @ts-ignore: decorator
@inline
export function exponentialOfNegative(argument: v128): v128 {
  const x = f32x4.pmax(argument, f32x4.splat(-87.3));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, f32x4.sub(shifted, f32x4.splat(SHIFT)));
  const p = madd(exponentialTail(r), f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  // the shift's own bits leave at the top
  const scale = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(0x3f800000));
  return v128.andnot(f32x4.mul(p, scale), f32x4.lt(argument, f32x4.splat(-87.3)));
}

/** eˣ − 1 without cancellation near 0: 2ⁿ (eʳ − 1) + (2ⁿ − 1). */
// @ts-ignore: decorator
@inline
export function exponentialMinusOne(argument: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(argument, f32x4.splat(88)), f32x4.splat(-20));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, f32x4.sub(shifted, f32x4.splat(SHIFT)));
  const p = madd(exponentialTail(r), f32x4.mul(r, r), r);
  const scale = i32x4.add(i32x4.shl(shifted, 23), i32x4.splat(0x3f800000));
  const small = madd(scale, p, f32x4.sub(scale, f32x4.splat(1)));
  const large = f32x4.gt(argument, f32x4.splat(87));
  const result = v128.any_true(large) ? v128.bitselect(exponential(argument), small, large) : small;
  return v128.bitselect(argument, result, f32x4.eq(argument, f32x4.splat(0)));
}
