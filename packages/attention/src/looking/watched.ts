import type { Tensor } from "@ashlar/tensor";
import { mixed, scoresOf, softmaxOf } from "../op/weights.ts";
import type { Pass } from "../pass.ts";
import { type AttentionOptions, prepared, scaledDotProductAttention } from "../scaled-dot-product.ts";
import { isWatched, tapped } from "./tapped.ts";

/** The heads of one call. */
export interface Heads {
  /** [batch, queries, heads, headDim]. */
  readonly query: Tensor;
  /** [batch, keys, kvHeads, headDim]. */
  readonly key: Tensor;
  /** [batch, keys, kvHeads, valueDim]. */
  readonly value: Tensor;
}

/**
 * Attention whose scores and weights can be tapped and replaced: they are computed only then, and the context is made of them only where they
 * were replaced.
 */
export function watchedAttention(pass: Pass, { query, key, value }: Heads, options: AttentionOptions): Tensor {
  const watched = ["scores", "weights"].filter((name) => isWatched(pass, name));
  if (watched.length === 0) return scaledDotProductAttention(query.ranked(4), key.ranked(4), value.ranked(4), options);
  const { inputs, call } = prepared(query, key, value, options);
  const scores = scoresOf(inputs, call);
  const given = tapped(pass, scores, "scores");
  const weights = softmaxOf(given, options.sinks);
  const used = tapped(pass, weights, "weights");
  if (given === scores && used === weights) return scaledDotProductAttention(query.ranked(4), key.ranked(4), value.ranked(4), options);
  return mixed(used, value, call.drop);
}
