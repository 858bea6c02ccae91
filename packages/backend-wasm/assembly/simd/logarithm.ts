import { every, next } from "./constants";
import { madd } from "./madd";

// the smallest normal number; 2²³; 23; ln 2 in two parts; −½; 1
const NUMBERS: usize = memory.data<f32>([1.17549435e-38, 8388608, 23, 0.693359375, -2.12194440e-4, -0.5, 1, Infinity, -Infinity]);
// √½, and the bits of a fraction
const BITS: usize = memory.data<i32>([0x3f3504f3, 0x007fffff]);
// (ln(1 + f) − f + f²/2) / f³ on √½ − 1 ≤ f < √2 − 1: Cephes logf
const TAIL: usize = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1,
  3.3333331174e-1,
]);

/** ln x to 1 ulp: x = 2ᵉ m with m in [√½, √2), ln x = e ln 2 + ln m. −Infinity at 0, NaN below. */
// @ts-ignore: decorator
@inline
export function logarithm(x: v128): v128 {
  const tiny = f32x4.lt(x, every(NUMBERS));
  const normal = v128.bitselect(f32x4.mul(x, every(NUMBERS + 4)), x, tiny);
  // the bits above √½'s count whole powers of two
  const above = i32x4.sub(normal, every(BITS));
  let exponent = f32x4.convert_i32x4_s(i32x4.shr_s(above, 23));
  exponent = f32x4.sub(exponent, v128.and(tiny, every(NUMBERS + 8)));
  const mantissa = i32x4.add(v128.and(above, every(BITS + 4)), every(BITS));
  const f = f32x4.sub(mantissa, every(NUMBERS + 24));
  const square = f32x4.mul(f, f);
  let p = next(every(TAIL), f, TAIL + 4);
  p = next(p, f, TAIL + 8);
  p = next(p, f, TAIL + 12);
  p = next(p, f, TAIL + 16);
  p = next(p, f, TAIL + 20);
  p = next(p, f, TAIL + 24);
  p = next(p, f, TAIL + 28);
  p = next(p, f, TAIL + 32);
  p = f32x4.mul(f32x4.mul(p, f), square);
  p = madd(exponent, every(NUMBERS + 16), p);
  p = madd(square, every(NUMBERS + 20), p);
  const infinity = every(NUMBERS + 28);
  let result = madd(exponent, every(NUMBERS + 12), f32x4.add(f, p));
  result = v128.bitselect(x, result, f32x4.eq(x, infinity));
  result = v128.bitselect(every(NUMBERS + 32), result, f32x4.eq(x, f32x4.splat(0)));
  // NaN, and below 0, all bits are set: a NaN
  return v128.or(result, v128.not(f32x4.ge(x, f32x4.splat(0))));
}

/** ln(1 + x) without cancellation near 0: ln u plus what rounding u = 1 + x lost, over u. */
// @ts-ignore: decorator
@inline
export function logarithmOfOnePlus(x: v128): v128 {
  const one = every(NUMBERS + 24);
  const u = f32x4.add(one, x);
  const whole = logarithm(u);
  const lost = f32x4.div(f32x4.sub(x, f32x4.sub(u, one)), u);
  const edge = v128.or(f32x4.eq(u, f32x4.splat(0)), f32x4.eq(u, every(NUMBERS + 28)));
  return v128.bitselect(x, v128.bitselect(whole, f32x4.add(whole, lost), edge), f32x4.eq(u, one));
}
