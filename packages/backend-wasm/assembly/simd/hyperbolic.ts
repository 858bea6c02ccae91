import { exponential } from "./exponential";
import { madd } from "./madd";

// @ts-ignore: decorator
@inline
export function signOf(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x80000000));
}

/** tanh x to 2 ulp: a polynomial below 0.625, else 1 − 2 / (e²ˣ + 1) (Cephes tanhf). */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = madd(p, z, f32x4.splat(2.06390887954e-2));
  p = madd(p, z, f32x4.splat(-5.37397155531e-2));
  p = madd(p, z, f32x4.splat(1.33314422036e-1));
  p = madd(p, z, f32x4.splat(-3.33332819422e-1));
  const near = madd(f32x4.mul(p, z), x, x);
  const e = exponential(f32x4.add(size, size));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  return v128.bitselect(v128.or(far, signOf(x)), v128.bitselect(near, x, f32x4.ne(z, f32x4.splat(0))), f32x4.gt(size, f32x4.splat(0.625)));
}

/** erf x to 2 ulp: an odd polynomial below 0.93, else 1 − eᵖ (after N. Juffa's minimax polynomials). */
// @ts-ignore: decorator
@inline
export function errorFunction(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(4));
  const square = f32x4.mul(size, size);
  let far = madd(f32x4.splat(-1.72853470e-5), size, f32x4.splat(3.83197126e-4));
  far = madd(far, square, madd(f32x4.splat(-3.88396438e-3), size, f32x4.splat(2.42546219e-2)));
  far = madd(far, size, f32x4.splat(-1.06777877e-1));
  far = madd(far, size, f32x4.splat(-6.34846687e-1));
  far = madd(far, size, f32x4.splat(-1.28717512e-1));
  far = madd(far, size, f32x4.neg(size));
  far = f32x4.sub(f32x4.splat(1), exponential(far));
  let near = f32x4.splat(-5.96761703e-4);
  near = madd(near, square, f32x4.splat(4.99119423e-3));
  near = madd(near, square, f32x4.splat(-2.67681349e-2));
  near = madd(near, square, f32x4.splat(1.12819925e-1));
  near = madd(near, square, f32x4.splat(-3.76125336e-1));
  near = madd(near, square, f32x4.splat(1.28379166e-1));
  near = madd(near, x, x);
  near = v128.bitselect(x, near, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(v128.or(far, signOf(x)), near, f32x4.gt(size, f32x4.splat(0.927734375)));
}
