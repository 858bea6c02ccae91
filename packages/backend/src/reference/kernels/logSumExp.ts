import type { HostArray } from "../../contract/dtype.ts";

/** `log Σ exp(x[i])` from `start` to `end`, around the largest element so that nothing overflows; −Infinity for none or all −Infinity. */
export function logSumExp(x: HostArray, start: number, end: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < end; i++) largest = Math.max(largest, x[i]!);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let i = start; i < end; i++) sum += Math.exp(x[i]! - largest);
  return largest + Math.log(sum);
}
