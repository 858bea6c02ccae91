import { every, next } from "./constants";
import { madd } from "./madd";

// 1 / ln 2; ln 2 negated in two parts, of which the first has few bits, so that its product is exact; 1
const LOG: usize = memory.data<f32>([1.44269504, -0.693359375, 2.12194440e-4, 1]);
// adding 1.5 · 2²³ rounds a small number to a whole one, which then stands in the low bits
const SHIFT: usize = memory.data<f32>([12582912]);
// from the bits of a number so shifted to the whole number; and the exponent of 1
const BITS: usize = memory.data<i32>([0x4b400000, 127, 0x3f800000]);
// where results overflow and vanish: of exp, of exp where x ≤ 0, of expm1
const ENDS: usize = memory.data<f32>([90, -105, -87.3, 88, -20, 87]);
// 2ᶠ on |f| ≤ 1/2, from the highest power down: minimax in its relative error, 2e-9, with 1 at 0. Then −127, whose exponent's bits are those of 0
const POWER: usize = memory.data<f32>([
  1.5353362e-4, 1.33988745e-3, 9.61843736e-3, 5.55033247e-2, 0.240226479, 0.693147203, 1, -127,
]);
// (2ᶠ − 1) / f on |f| ≤ 1/2, from the highest power down: minimax in its relative error, 1e-8
const RISE: usize = memory.data<f32>([1.54035122e-4, 1.33907364e-3, 9.61823761e-3, 5.55035733e-2, 0.240226492, 0.693147182]);
// (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2: Cephes expf
const TAIL: usize = memory.data<f32>([1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1]);

// x / ln 2 rounded to whole, plus SHIFT.
// @ts-ignore: decorator
@inline
function shiftedPower(x: v128): v128 {
  return next(x, every(LOG), SHIFT);
}

// x − n ln 2, for n plus SHIFT.
// @ts-ignore: decorator
@inline
function withoutPowers(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, every(SHIFT));
  return madd(n, every(LOG + 8), madd(n, every(LOG + 4), x));
}

// @ts-ignore: decorator
@inline
function exponentialTail(r: v128): v128 {
  let p = next(every(TAIL), r, TAIL + 4);
  p = next(p, r, TAIL + 8);
  p = next(p, r, TAIL + 12);
  p = next(p, r, TAIL + 16);
  return next(p, r, TAIL + 20);
}

// 2ⁿ for n plus SHIFT, n in [-126, 127]: the exponent's bits, written. The shift's own bits leave at the top.
// @ts-ignore: decorator
@inline
function powerOfTwo(shifted: v128): v128 {
  return i32x4.add(i32x4.shl(shifted, 23), every(BITS + 8));
}

/** eˣ to 1 ulp, Infinity above 88.7, tiny numbers down to the last, NaN for NaN: x = n ln 2 + r, eˣ = 2ⁿ eʳ. */
// @ts-ignore: decorator
@inline
export function exponential(argument: v128): v128 {
  // these minima and maxima let a NaN on their left pass
  const x = f32x4.pmax(f32x4.pmin(argument, every(ENDS)), every(ENDS + 4));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, shifted);
  const p = madd(exponentialTail(r), f32x4.mul(r, r), f32x4.add(r, every(LOG + 12)));
  // 2ⁿ in two halves, because it may be out of range itself
  const whole = i32x4.sub(shifted, every(BITS));
  const half = i32x4.shr_s(whole, 1);
  const first = i32x4.shl(i32x4.add(half, every(BITS + 4)), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(whole, half), every(BITS + 4)), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** eˣ for −87 ≤ x ≤ 88, as `exponential` has it, without the work for what lies beyond; NaN for NaN. */
// @ts-ignore: decorator
@inline
export function exponentialInside(x: v128): v128 {
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, shifted);
  return f32x4.mul(madd(exponentialTail(r), f32x4.mul(r, r), f32x4.add(r, every(LOG + 12))), powerOfTwo(shifted));
}

/** eˣ for x ≤ 0, as softmax needs it: 0 below −87.3, and less work at the end. */
// @ts-ignore: decorator
@inline
export function exponentialOfNegative(argument: v128): v128 {
  const x = f32x4.pmax(argument, every(ENDS + 8));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, shifted);
  const p = madd(exponentialTail(r), f32x4.mul(r, r), f32x4.add(r, every(LOG + 12)));
  return v128.andnot(f32x4.mul(p, powerOfTwo(shifted)), f32x4.lt(argument, every(ENDS + 8)));
}

/** 1 / ln 2, in every lane: 2 to the x / ln 2 is eˣ. */
// @ts-ignore: decorator
@inline
export function perLn2(): v128 {
  return every(LOG);
}

/** 2ʸ for y ≤ 0 to 1 ulp, 0 below −126.5, NaN for NaN: half the work of `exponentialOfNegative`, for scores that were scaled by 1 / ln 2. */
// @ts-ignore: decorator
@inline
export function powerOfNegative(argument: v128): v128 {
  const y = f32x4.pmax(argument, every(POWER + 28));
  const shifted = f32x4.add(y, every(SHIFT));
  const f = f32x4.sub(y, f32x4.sub(shifted, every(SHIFT)));
  let p = next(every(POWER), f, POWER + 4);
  p = next(p, f, POWER + 8);
  p = next(p, f, POWER + 12);
  p = next(p, f, POWER + 16);
  p = next(p, f, POWER + 20);
  p = next(p, f, POWER + 24);
  return f32x4.mul(p, powerOfTwo(shifted));
}

/** 2ʸ − 1 for 0 ≤ y ≤ 127, without cancellation near 0: 2ⁿ (2ᶠ − 1) + (2ⁿ − 1); NaN for NaN. */
// @ts-ignore: decorator
@inline
export function powerMinusOne(y: v128): v128 {
  const shifted = f32x4.add(y, every(SHIFT));
  const f = f32x4.sub(y, f32x4.sub(shifted, every(SHIFT)));
  let p = next(every(RISE), f, RISE + 4);
  p = next(p, f, RISE + 8);
  p = next(p, f, RISE + 12);
  p = next(p, f, RISE + 16);
  p = next(p, f, RISE + 20);
  const scale = powerOfTwo(shifted);
  return madd(f32x4.mul(p, f), scale, f32x4.sub(scale, every(LOG + 12)));
}

/** eˣ − 1 without cancellation near 0: 2ⁿ (eʳ − 1) + (2ⁿ − 1). */
// @ts-ignore: decorator
@inline
export function exponentialMinusOne(argument: v128): v128 {
  const x = f32x4.pmax(f32x4.pmin(argument, every(ENDS + 12)), every(ENDS + 16));
  const shifted = shiftedPower(x);
  const r = withoutPowers(x, shifted);
  const p = madd(exponentialTail(r), f32x4.mul(r, r), r);
  const scale = powerOfTwo(shifted);
  const small = madd(scale, p, f32x4.sub(scale, every(LOG + 12)));
  const large = f32x4.gt(argument, every(ENDS + 20));
  const result = v128.any_true(large) ? v128.bitselect(exponential(argument), small, large) : small;
  return v128.bitselect(argument, result, f32x4.eq(argument, f32x4.splat(0)));
}
