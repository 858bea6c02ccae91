import { madd } from "./madd";

// x − n π/2 for two numbers, in float64 and with π/2 in two parts: exact enough up to 2²⁸.
// @ts-ignore: decorator
@inline
function remainderOf(x: v128, n: v128): v128 {
  const r = f64x2.sub(x, f64x2.mul(n, f64x2.splat(1.5707963109016418)));
  return f64x2.sub(r, f64x2.mul(n, f64x2.splat(1.5893254773528197e-8)));
}

// Sine (quarter 0) or cosine (quarter 1) of four numbers: x = n π/2 + r; n + quarter says which polynomial and which sign (Cephes sinf).
// @ts-ignore: decorator
@inline
function sineFrom(x: v128, quarter: i32): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
  const nLow = f64x2.nearest(f64x2.mul(low, f64x2.splat(0.6366197723675814)));
  const nHigh = f64x2.nearest(f64x2.mul(high, f64x2.splat(0.6366197723675814)));
  const rLow = f32x4.demote_f64x2_zero(remainderOf(low, nLow));
  const rHigh = f32x4.demote_f64x2_zero(remainderOf(high, nHigh));
  const r = i8x16.shuffle(rLow, rHigh, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  const whole = i8x16.shuffle(
    i32x4.trunc_sat_f64x2_s_zero(nLow), i32x4.trunc_sat_f64x2_s_zero(nHigh),
    0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23,
  );
  const turn = i32x4.add(whole, i32x4.splat(quarter));
  const z = f32x4.mul(r, r);
  let s = f32x4.splat(-1.9515295891e-4);
  s = madd(s, z, f32x4.splat(8.3321608736e-3));
  s = madd(s, z, f32x4.splat(-1.6666654611e-1));
  s = madd(f32x4.mul(s, z), r, r);
  let c = f32x4.splat(2.443315711809948e-5);
  c = madd(c, z, f32x4.splat(-1.388731625493765e-3));
  c = madd(c, z, f32x4.splat(4.166664568298827e-2));
  c = madd(f32x4.mul(c, z), z, madd(z, f32x4.splat(-0.5), f32x4.splat(1)));
  const odd = i32x4.eq(v128.and(turn, i32x4.splat(1)), i32x4.splat(1));
  const sign = i32x4.shl(v128.and(turn, i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(c, s, odd), sign);
}

// Beyond 2²⁸: with the standard library's long π, one number at a time.
function eachLane(x: v128, quarter: i32): v128 {
  let result = x;
  for (let lane = 0; lane < 4; lane++) {
    const a = f32x4.extract_lane(x, 0);
    const b = quarter ? Mathf.cos(a) : Mathf.sin(a);
    x = i8x16.shuffle(x, x, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3);
    result = i8x16.shuffle(result, f32x4.splat(b), 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19);
  }
  return result;
}

// @ts-ignore: decorator
@inline
function whereLarge(x: v128): v128 {
  return f32x4.gt(f32x4.abs(x), f32x4.splat(268435456));
}

/** sin x to 2 ulp up to 2²⁸, to 2e-7 beyond; NaN at ±Infinity. A number's sine never depends on its neighbours in the vector. */
export function sine(x: v128): v128 {
  const large = whereLarge(x);
  const result = v128.bitselect(x, sineFrom(x, 0), f32x4.eq(x, f32x4.splat(0)));
  return v128.any_true(large) ? v128.bitselect(eachLane(x, 0), result, large) : result;
}

/** cos x to 2 ulp up to 2²⁸, to 2e-7 beyond; NaN at ±Infinity. */
export function cosine(x: v128): v128 {
  const large = whereLarge(x);
  const result = sineFrom(x, 1);
  return v128.any_true(large) ? v128.bitselect(eachLane(x, 1), result, large) : result;
}
