// The 16-bit floats, four at a time, in 32-bit lanes.

/** IEEE half-precision bits to float32, exactly: the exponent is moved by a multiplication, which also makes subnormal numbers normal. */
// @ts-ignore: decorator
@inline
export function fromFloat16(bits: v128): v128 {
  const magnitude = i32x4.shl(v128.and(bits, i32x4.splat(0x7fff)), 13);
  const scaled = f32x4.mul(magnitude, i32x4.splat(0x77800000)); // 2¹¹²
  const special = i32x4.gt_u(magnitude, i32x4.splat(0x0f7fffff));
  const result = v128.bitselect(v128.or(magnitude, i32x4.splat(0x7f800000)), scaled, special);
  return v128.or(result, i32x4.shl(v128.and(bits, i32x4.splat(0x8000)), 16));
}

/** float32 to half-precision bits, to nearest even; beyond 65,520 Infinity, NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function toFloat16(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const bits = v128.xor(x, sign);
  // adding ½ puts a subnormal's bits, rounded, at the end of the float's
  const subnormal = i32x4.sub(f32x4.add(bits, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const odd = v128.and(i32x4.shr_u(bits, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(bits, i32x4.splat(<i32>0xc8000fff)), odd), 13);
  const special = v128.bitselect(i32x4.splat(0x7e00), i32x4.splat(0x7c00), i32x4.gt_u(bits, i32x4.splat(0x7f800000)));
  let result = v128.bitselect(subnormal, normal, i32x4.lt_u(bits, i32x4.splat(0x38800000)));
  result = v128.bitselect(special, result, i32x4.gt_u(bits, i32x4.splat(0x477fffff)));
  return v128.or(result, i32x4.shr_u(sign, 16));
}

/** bfloat16 bits to float32, exactly. */
// @ts-ignore: decorator
@inline
export function fromBfloat16(bits: v128): v128 {
  return i32x4.shl(bits, 16);
}

/** float32 to bfloat16 bits, to nearest even; NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function toBfloat16(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  const rounded = i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
  const quiet = v128.or(v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000)), i32x4.splat(0x7fc0));
  return v128.bitselect(quiet, rounded, f32x4.ne(x, x));
}
