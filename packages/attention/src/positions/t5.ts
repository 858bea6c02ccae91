import { define, normal, param } from "@ashlar/nn";
import { fromData, take, transpose } from "@ashlar/tensor";
import type { Positioning, PositionScene } from "./position.ts";

/** How T5 sorts distances into buckets. */
export interface BucketOptions {
  /** How many there are, both directions together; 32 unless said. */
  readonly buckets?: number;
  /** The distance from which on all share the last bucket; 128 unless said. */
  readonly maxDistance?: number;
  /** Whether keys after the query have buckets of their own (an encoder), or all share bucket 0 (a decoder). */
  readonly bidirectional: boolean;
}

/**
 * T5's bucket of a distance `key − query` (Raffel et al. 2020, arXiv 1910.10683): half of the buckets of a direction are exact, the others
 * grow as the logarithm.
 */
export function t5Bucket(distance: number, { buckets = 32, maxDistance = 128, bidirectional }: BucketOptions): number {
  const count = bidirectional ? buckets / 2 : buckets;
  const side = bidirectional && distance > 0 ? count : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = Math.floor(count / 2);
  if (far < exact) return side + far;
  // float32, as the original computes it: at a bucket's edge the last bit decides
  const ratio = Math.fround(Math.fround(Math.log(Math.fround(far / exact))) / Math.fround(Math.log(maxDistance / exact)));
  return side + Math.min(count - 1, exact + Math.floor(Math.fround(ratio * (count - exact))));
}

/** T5's relative bias: one learned number for each bucket of distances and each head. A stack shares one: `stack({ position: t5Bias(…) })`. */
export const t5Bias = ({ heads, ...bucketing }: BucketOptions & { readonly heads: number }) =>
  define(
    { weight: param([bucketing.buckets ?? 32, heads], normal(0.02), { lookup: true }) },
    ({ weight }, { queries, keys, device, shared }: PositionScene): Positioning => {
      const firstDistance = keys[0] - (queries[1] - 1);
      const distances = keys[1] - 1 - queries[0] - firstDistance + 1;
      const [buckets] = shared.once(`t5 ${JSON.stringify(bucketing)} ${firstDistance} ${distances}`, () => {
        const numbers = Int32Array.from({ length: distances }, (_, column) => t5Bucket(firstDistance + column, bucketing));
        return [fromData(numbers, [distances], { device })];
      });
      return { bias: { table: transpose(take(weight, buckets)), firstDistance } };
    },
  );
