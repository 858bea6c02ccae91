/**
 * The error function `2/√π ∫₀ˣ exp(−t²) dt`, to 1e−15. Near zero its series of positive terms
 * `2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n + 1)!!` (Abramowitz & Stegun 7.1.6); from 3 on, one minus the continued fraction of the
 * complement (7.1.14).
 *
 * @example
 * ```ts
 * import { erf } from "@ashlar/backend";
 * erf(1); // 0.8427007929497149
 * ```
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  const density = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (size >= 3) {
    let fraction = size;
    for (let n = 40; n > 0; n--) fraction = size + n / 2 / fraction;
    return Math.sign(x) * (1 - density / fraction);
  }
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 2 * density * sum;
}
