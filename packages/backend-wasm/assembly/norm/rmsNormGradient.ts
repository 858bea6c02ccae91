import { madd } from "../simd/madd";
import { firstLanes, storeLanes, sumAcross } from "../simd/horizontal";
import { accountBytes, openAccount, ROWS_BETWEEN, settle } from "./columnSums";

// rmsNormGradient, for every row, with n = x · r and g = cotangent · weight: in one pass Σ g·n and the sums over rows of cotangent · n; in a second
// r · (g − n · Σ g·n / size).

/** Rows [from, to) of `size` numbers each, a part of at most `grain` rows; the sums for the weight go to the part's account, settled. */
export function rmsNormGradient(
  cotangent: usize, x: usize, weight: usize, reciprocals: usize, ofX: usize, size: usize, accounts: usize, grain: usize, from: usize, to: usize,
): void {
  const weights = accounts + (from / grain) * accountBytes(size);
  openAccount(weights, size);
  const zero = f32x4.splat(0);
  for (let row = from; row < to; row++) {
    const given = cotangent + ((row * size) << 2);
    const at = x + ((row * size) << 2);
    const out = ofX + ((row * size) << 2);
    const factor = f32x4.splat(load<f32>(reciprocals + (row << 2)));
    let product = zero;
    for (let i: usize = 0; i < size; i += 4) {
      const o = i << 2;
      const lanes = <i32>min<usize>(4, size - i);
      const given4 = f32x4.mul(v128.load(given + o), f32x4.mul(v128.load(at + o), factor));
      const cn = lanes == 4 ? given4 : firstLanes(given4, zero, lanes);
      const w = lanes == 4 ? v128.load(weight + o) : firstLanes(v128.load(weight + o), zero, lanes);
      product = madd(cn, w, product);
      v128.store(weights + o, f32x4.add(v128.load(weights + o), cn));
    }
    const slope = f32x4.splat(sumAcross(product) / <f32>size);
    for (let i: usize = 0; i < size; i += 4) {
      const o = i << 2;
      const n = f32x4.mul(v128.load(at + o), factor);
      const g = f32x4.mul(v128.load(given + o), v128.load(weight + o));
      storeLanes(out + o, f32x4.mul(factor, f32x4.sub(g, f32x4.mul(n, slope))), <i32>min<usize>(4, size - i));
    }
    if ((row - from) % ROWS_BETWEEN == ROWS_BETWEEN - 1) settle(weights, size);
  }
  settle(weights, size);
}
