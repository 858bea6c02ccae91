import { every, next } from "./constants";
import { exponentialInside, powerMinusOne } from "./exponential";
import { madd } from "./madd";

// 1, 2; 2 / ln 2; where the far formula of erf begins; where erf is 1, and tanh
const NUMBERS: usize = memory.data<f32>([1, 2, 2.88539008, 0.927734375, 4, 10]);
// ln(1 − erf x) from 0.93 on: minimax polynomials of N. Juffa, the first four by pairs
const FAR: usize = memory.data<f32>([-1.72853470e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1]);
// (erf x − x) / x in x², below 0.93
const NEAR: usize = memory.data<f32>([-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1]);

/** A number's sign bit. */
// @ts-ignore: decorator
@inline
export function signOf(x: v128): v128 {
  return v128.and(x, i32x4.splat(0x80000000));
}

/** tanh x to 4 ulp: (e²ˣ − 1) / (e²ˣ + 1), from e²ˣ − 1, of the magnitude of x. */
// @ts-ignore: decorator
@inline
export function hyperbolicTangent(x: v128): v128 {
  const size = f32x4.abs(x);
  const sign = v128.xor(x, size);
  const rise = powerMinusOne(f32x4.mul(f32x4.pmin(size, every(NUMBERS + 20)), every(NUMBERS + 8)));
  return v128.or(f32x4.div(rise, f32x4.add(rise, every(NUMBERS + 4))), sign);
}

/** erf x to 2 ulp: an odd polynomial below 0.93, else 1 − eᵖ. */
// @ts-ignore: decorator
@inline
export function errorFunction(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), every(NUMBERS + 16));
  const square = f32x4.mul(size, size);
  let far = next(every(FAR), size, FAR + 4);
  far = madd(far, square, next(every(FAR + 8), size, FAR + 12));
  far = next(far, size, FAR + 16);
  far = next(far, size, FAR + 20);
  far = next(far, size, FAR + 24);
  far = madd(far, size, f32x4.neg(size));
  far = f32x4.sub(every(NUMBERS), exponentialInside(far));
  let near = next(every(NEAR), square, NEAR + 4);
  near = next(near, square, NEAR + 8);
  near = next(near, square, NEAR + 12);
  near = next(near, square, NEAR + 16);
  near = next(near, square, NEAR + 20);
  near = madd(near, x, x);
  const nearOrZero = v128.bitselect(x, near, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(v128.or(far, signOf(x)), nearOrZero, f32x4.gt(size, every(NUMBERS + 12)));
}
