// x to the power of y through float64: 2^(y · log₂ x). Where a number is not plainly positive and finite, C's special cases.

// log₂ of two positive float64 numbers that were float32: x = 2ᵉ m, m in [√½, √2), ln m = 2 atanh((m − 1) / (m + 1)) as a series.
// @ts-ignore: decorator
@inline
function binaryLogarithm(x: v128): v128 {
  const above = i64x2.sub(x, i64x2.splat(0x3fe6a09e667f3bcd));
  const whole = i64x2.shr_s(above, 52);
  const mantissa = i64x2.add(v128.and(above, i64x2.splat(0x000fffffffffffff)), i64x2.splat(0x3fe6a09e667f3bcd));
  const exponent = f64x2.convert_low_i32x4_s(i8x16.shuffle(whole, whole, 0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11));
  const one = f64x2.splat(1);
  const s = f64x2.div(f64x2.sub(mantissa, one), f64x2.add(mantissa, one));
  const z = f64x2.mul(s, s);
  let p = f64x2.splat(0.19235933878519512); // 2 / (15 ln 2)
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.22195308321368668)); // 2 / (13 ln 2) …
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.26230818925253880));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.32059889797532516));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.41219858311113240));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.57707801635558530));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(0.96179669392597560));
  p = f64x2.add(f64x2.mul(p, z), f64x2.splat(2.88539008177792680)); // 2 / ln 2
  return f64x2.add(f64x2.mul(p, s), exponent);
}

// 2ᵗ of two numbers, t in [−1000, 1000].
// @ts-ignore: decorator
@inline
function powerOfTwo(t: v128): v128 {
  const n = f64x2.nearest(t);
  const r = f64x2.mul(f64x2.sub(t, n), f64x2.splat(0.6931471805599453));
  let p = f64x2.splat(2.48015873015873e-5);
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.984126984126984e-4));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1.388888888888889e-3));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(8.333333333333333e-3));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(4.1666666666666664e-2));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.16666666666666666));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(0.5));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  p = f64x2.add(f64x2.mul(p, r), f64x2.splat(1));
  const scale = i64x2.shl(i64x2.add(i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(n)), i64x2.splat(1023)), 52);
  return f64x2.mul(p, scale);
}

// @ts-ignore: decorator
@inline
function ofPositives(x: v128, y: v128): v128 {
  const t = f64x2.mul(f64x2.promote_low_f32x4(y), binaryLogarithm(f64x2.promote_low_f32x4(x)));
  return f32x4.demote_f64x2_zero(powerOfTwo(f64x2.max(f64x2.min(t, f64x2.splat(1000)), f64x2.splat(-1000))));
}

// C's pow for one pair of numbers.
function ofOne(x: f32, y: f32): f32 {
  if (x == 1 || y == 0) return 1;
  if (x != x || y != y) return NaN;
  const size = abs(x);
  if (abs(y) == Infinity) return size == 1 ? 1 : size > 1 == y > 0 ? Infinity : 0;
  const isWhole = floor(y) == y;
  const isOdd = isWhole && abs(y) < 16777216 && (<i32>y & 1) != 0;
  if (x < 0 && size != Infinity && !isWhole) return NaN;
  let result: f32;
  if (size == 0 || size == Infinity) result = (size == 0) == y > 0 ? 0 : Infinity;
  else result = f32x4.extract_lane(ofPositives(f32x4.splat(size), f32x4.splat(y)), 0);
  const isNegative = (reinterpret<u32>(x) >>> 31) != 0;
  return isNegative && isOdd ? -result : result;
}

/** x to the power of y, to 1 ulp, as in C: 1 to any power and anything to the power 0 are 1. */
export function power(x: v128, y: v128): v128 {
  const plain = v128.and(
    v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity))),
    f32x4.lt(f32x4.abs(y), f32x4.splat(Infinity)),
  );
  if (i32x4.all_true(plain)) {
    const high = ofPositives(i8x16.shuffle(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.shuffle(y, y, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
    return i8x16.shuffle(ofPositives(x, y), high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
  }
  return f32x4(
    ofOne(f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0)),
    ofOne(f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1)),
    ofOne(f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2)),
    ofOne(f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3)),
  );
}
