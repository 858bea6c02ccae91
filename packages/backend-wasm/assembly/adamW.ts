import { storeLanes } from "./simd/horizontal";
import { madd } from "./simd/madd";

// adamW, for every parameter: both moments, then the parameter, in one pass over four arrays.

/**
 * Elements [from, to). `keep` is 1 − rate · decay, `rest1` 1 − β1, `rest2` 1 − β2, `pace` rate / (1 − β1ᵗ), `inverse` 1 / (1 − β2ᵗ). Outputs may be
 * the operands themselves.
 */
export function adamW(
  parameter: usize, gradient: usize, first: usize, second: usize, toParameter: usize, toFirst: usize, toSecond: usize, beta1: f32, beta2: f32,
  rest1: f32, rest2: f32, keep: f32, pace: f32, inverse: f32, epsilon: f32, from: usize, to: usize,
): void {
  for (let i = from; i < to; i += 4) {
    const o = i << 2;
    const g = v128.load(gradient + o);
    const m = madd(f32x4.splat(beta1), v128.load(first + o), f32x4.mul(f32x4.splat(rest1), g));
    const v = madd(f32x4.splat(beta2), v128.load(second + o), f32x4.mul(f32x4.mul(f32x4.splat(rest2), g), g));
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(inverse))), f32x4.splat(epsilon));
    const p = f32x4.sub(f32x4.mul(v128.load(parameter + o), f32x4.splat(keep)), f32x4.div(f32x4.mul(m, f32x4.splat(pace)), size));
    const lanes = <i32>min<usize>(4, to - i);
    storeLanes(toParameter + o, p, lanes);
    storeLanes(toFirst + o, m, lanes);
    storeLanes(toSecond + o, v, lanes);
  }
}
