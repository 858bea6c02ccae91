import type { Mask } from "@ashlar/mask";
import type { Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import { attentionOp } from "./op/attention.ts";
import type { DistanceBias } from "./positions/position.ts";
import { Shared } from "./shared.ts";

/** How attention weighs and what it sees. */
export interface AttentionOptions {
  /** Which keys each query sees. */
  readonly mask: Mask;
  /** Multiplies query · key; 1/√headDim unless said. */
  readonly scale?: number;
  /** The position of the first query in the mask; 0 unless said. Keys begin at 0. */
  readonly start?: number;
  /** Added to the scores by head and distance. */
  readonly bias?: DistanceBias;
  /** Caps scores smoothly, `cap · tanh(score / cap)`, before bias and mask. */
  readonly softcap?: number;
  /** What the layers of one call share. */
  readonly shared?: Shared;
}

/**
 * `softmax(scale · query · keyᵀ + bias) · value` over the keys that the mask shows (Vaswani et al. 2017, arXiv 1706.03762).
 *
 * query [batch, queries, heads, headDim], key [batch, keys, kvHeads, headDim], value [batch, keys, kvHeads, valueDim] give
 * [batch, queries, heads, valueDim]. Each run of heads / kvHeads query heads reads one key head. A query that sees nothing gets zeros and
 * passes no gradient. The cost follows what the mask shows.
 *
 * @throws AttentionError when the sizes don't fit; MaskError when the mask has other rows.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { mask, scale, start = 0, bias, softcap, shared }: AttentionOptions,
): Tensor {
  const { batch, queries, heads, headDim } = query.dims("batch queries heads headDim");
  const { keys, kvHeads } = key.dims("batch keys kvHeads headDim", { batch, headDim });
  value.dims("batch keys kvHeads valueDim", { batch, keys, kvHeads });
  checkGroups(heads, kvHeads);
  if (bias && bias.table.shape[0] !== heads && bias.table.shape[0] !== 1)
    throw new AttentionError(`attention: expected a bias table of ${heads} rows or 1, got [${bias.table.shape.join(", ")}]`);
  const placed = (shared ?? new Shared(query.device)).place(mask, { queries: [start, start + queries], keys, rows: batch });
  const call = { scale: scale ?? headDim ** -0.5, softcap, firstDistance: bias?.firstDistance ?? 0, table: placed.table };
  return attentionOp([query, key, value, placed.blocks, placed.tiles, bias?.table ?? null], call)[0] as Tensor;
}

/** @throws AttentionError when query heads can't be shared out evenly among key heads. */
export function checkGroups(heads: number, kvHeads: number): void {
  if (kvHeads > 0 && heads % kvHeads === 0) return;
  const near = Array.from({ length: heads }, (_, index) => index + 1).filter((count) => heads % count === 0);
  const nearest = near.sort((a, b) => Math.abs(a - kvHeads) - Math.abs(b - kvHeads)).slice(0, 2);
  throw new AttentionError(`attention: heads (${heads}) must be a multiple of kvHeads (${kvHeads}); try ${nearest.sort((a, b) => a - b).join(" or ")}`);
}
