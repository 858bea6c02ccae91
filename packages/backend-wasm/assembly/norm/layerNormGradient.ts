import { madd } from "../simd/madd";
import { firstLanes, storeLanes, sumAcross } from "../simd/horizontal";
import { accountBytes, openAccount, ROWS_BETWEEN, settle } from "./columnSums";

// layerNormGradient, for every row, with n = (x − mean) · r and g = cotangent · weight: in one pass Σ g and Σ g·n, and the sums over rows of
// cotangent · n and cotangent; in a second r · (g − Σ g / size − n · Σ g·n / size).

/**
 * Rows [from, to) of `size` numbers each, a part of at most `grain` rows; the sums for weight and bias go to the part's two accounts, settled.
 */
export function layerNormGradient(
  cotangent: usize, x: usize, weight: usize, means: usize, reciprocals: usize, ofX: usize, size: usize, accounts: usize, grain: usize, from: usize,
  to: usize,
): void {
  const weights = accounts + (from / grain) * 2 * accountBytes(size);
  const biases = weights + accountBytes(size);
  openAccount(weights, size);
  openAccount(biases, size);
  const zero = f32x4.splat(0);
  for (let row = from; row < to; row++) {
    const given = cotangent + ((row * size) << 2);
    const at = x + ((row * size) << 2);
    const out = ofX + ((row * size) << 2);
    const middle = f32x4.splat(load<f32>(means + (row << 2)));
    const factor = f32x4.splat(load<f32>(reciprocals + (row << 2)));
    let sum = zero;
    let product = zero;
    for (let i: usize = 0; i < size; i += 4) {
      const o = i << 2;
      const lanes = <i32>min<usize>(4, size - i);
      const c = lanes == 4 ? v128.load(given + o) : firstLanes(v128.load(given + o), zero, lanes);
      const normal = f32x4.mul(f32x4.sub(v128.load(at + o), middle), factor);
      const n = lanes == 4 ? normal : firstLanes(normal, zero, lanes);
      const w = lanes == 4 ? v128.load(weight + o) : firstLanes(v128.load(weight + o), zero, lanes);
      const g = f32x4.mul(c, w);
      sum = f32x4.add(sum, g);
      product = madd(g, n, product);
      v128.store(weights + o, madd(c, n, v128.load(weights + o)));
      v128.store(biases + o, f32x4.add(v128.load(biases + o), c));
    }
    const shift = f32x4.splat(sumAcross(sum) / <f32>size);
    const slope = f32x4.splat(sumAcross(product) / <f32>size);
    for (let i: usize = 0; i < size; i += 4) {
      const o = i << 2;
      const n = f32x4.mul(f32x4.sub(v128.load(at + o), middle), factor);
      const g = f32x4.mul(v128.load(given + o), v128.load(weight + o));
      const y = f32x4.mul(factor, f32x4.sub(f32x4.sub(g, shift), f32x4.mul(n, slope)));
      storeLanes(out + o, y, <i32>min<usize>(4, size - i));
    }
    if ((row - from) % ROWS_BETWEEN == ROWS_BETWEEN - 1) {
      settle(weights, size);
      settle(biases, size);
    }
  }
  settle(weights, size);
  settle(biases, size);
}
