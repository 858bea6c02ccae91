import { define, type Initial, normal, param } from "@ashlar/nn";
import { fromData, take, transpose } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { distancesOf } from "./places.ts";
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
 *
 * @throws AttentionError when there are too few buckets, or none left for the logarithm.
 */
export function t5Bucket(distance: number, { buckets = 32, maxDistance = 128, bidirectional }: BucketOptions): number {
  const count = bidirectional ? buckets / 2 : buckets;
  const exact = Math.floor(count / 2);
  if (!Number.isInteger(count) || exact < 1 || maxDistance <= exact)
    throw new AttentionError(
      `t5Bias: expected ${bidirectional ? "an even number of buckets, at least 4" : "at least 2 buckets"}, and a maxDistance above ${exact}; got ${buckets} buckets and ${maxDistance}`,
    );
  const side = bidirectional && distance > 0 ? count : 0;
  const far = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  if (far < exact) return side + far;
  // float32, as the original computes it: at a bucket's edge the last bit decides
  const ratio = Math.fround(Math.fround(Math.log(Math.fround(far / exact))) / Math.fround(Math.log(maxDistance / exact)));
  return side + Math.min(count - 1, exact + Math.floor(Math.fround(ratio * (count - exact))));
}

/** The sizes and buckets of T5's bias. */
export interface T5BiasOptions extends BucketOptions {
  /** How many query heads. */
  readonly heads: number;
  /** The first numbers of the weight; normal with deviation 0.02 unless said. */
  readonly initial?: Initial;
}

/**
 * T5's relative bias: one learned number for each bucket of distances and each head, added to the scores. A stack shares one:
 * `stack({ position: t5Bias(…) })`. Its weight is [buckets, heads], as T5 keeps it.
 *
 * @throws AttentionError when there are too few buckets.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, t5Bias } from "@ashlar/attention";
 * const layer = multiHeadAttention({ dim: 64, heads: 4, scale: 1, bias: false, position: t5Bias({ heads: 4, bidirectional: true }) });
 * ```
 */
export const t5Bias = ({ heads, initial = normal(0.02), ...bucketing }: T5BiasOptions) => {
  t5Bucket(0, bucketing);
  return define({ weight: param([bucketing.buckets ?? 32, heads], initial, { lookup: true }) }, ({ weight }, scene: PositionScene): Positioning => {
    const { firstDistance, distances } = distancesOf(scene);
    const [buckets] = scene.shared.once(`t5 ${JSON.stringify(bucketing)} ${firstDistance} ${distances}`, () => [
      fromData(
        Int32Array.from({ length: distances }, (_, column) => t5Bucket(firstDistance + column, bucketing)),
        [distances],
        { device: scene.device, replayed: "same" },
      ),
    ]);
    return { bias: { table: transpose(take(weight, buckets)), firstDistance } };
  });
};
