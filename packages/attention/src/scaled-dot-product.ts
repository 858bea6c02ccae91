import type { Mask } from "@ashlar/mask";
import { broadcastTo, equal, expandDims, mul, permute, sigmoid, sub, type Tensor, where } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import { type AttentionCall, type AttentionInputs, attentionOp, type WeightDropout } from "./op/attention.ts";
import type { DistanceBias, ScoreBias } from "./positions/position.ts";
import { Shared } from "./shared.ts";

/** How attention weighs and what it sees. */
export interface AttentionOptions {
  /** Which keys each query sees. */
  readonly mask: Mask;
  /** Multiplies query · key; 1/√headDim unless said. */
  readonly scale?: number;
  /** The position of the first query in the mask; 0 unless said. */
  readonly start?: number;
  /** The position of the first key in the mask; 0 unless said. */
  readonly keyStart?: number;
  /** The position after the last key that is there, where what follows is room in a cache: hidden, whatever the mask says. */
  readonly filled?: number;
  /** Added to the scores: by head and distance, or for every pair. */
  readonly bias?: ScoreBias;
  /** Caps scores smoothly, `cap · tanh(score / cap)`, before bias and mask (Gemma 2, arXiv 2408.00118). */
  readonly softcap?: number;
  /**
   * One more score for each head, [heads], that joins the softmax and is dropped: weights sum to less than 1 (gpt-oss; Xiao et al. 2023,
   * arXiv 2309.17453).
   */
  readonly sinks?: Tensor;
  /** Sets weights to zero with this probability and divides the rest by 1 − rate. */
  readonly dropout?: WeightDropout;
  /** What the layers of one call share. */
  readonly shared?: Shared;
}

/** A tensor whose number of axes, where it is known, is `Rank`. */
export type OfRank<Given extends Tensor, Rank extends number> = number extends Given["rank"] ? Given : Given["rank"] extends Rank ? Given : Tensor<Rank>;

/**
 * `softmax(scale · query · keyᵀ + bias) · value` over the keys that the mask shows (Vaswani et al. 2017, arXiv 1706.03762).
 *
 * query [batch, queries, heads, headDim], key [batch, keys, kvHeads, headDim], value [batch, keys, kvHeads, valueDim] give
 * [batch, queries, heads, valueDim]. Each run of heads / kvHeads query heads reads one key head (Ainslie et al. 2023, arXiv 2305.13245). A
 * query that sees nothing gets zeros and passes no gradient.
 *
 * Devices with the kernel work tile by tile (Dao et al. 2022, arXiv 2205.14135): time follows what the mask shows and memory the length, with
 * biases, sinks and dropout too. A bias for every pair is read where it lies, and its gradient is as large as it is.
 *
 * @throws AttentionError when the sizes don't fit; MaskError when the mask has other rows.
 *
 * @example
 * ```ts
 * import { scaledDotProductAttention } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal } from "@ashlar/mask";
 * import { normal, random } from "@ashlar/tensor";
 * const device = reference();
 * const heads = (name: string, count: number) => normal(random(0).split(name), [2, 5, count, 8], { device }); // [batch, time, heads, headDim]
 * scaledDotProductAttention(heads("query", 4), heads("key", 2), heads("value", 2), { mask: causal }); // [2, 5, 4, 8]
 * ```
 */
export function scaledDotProductAttention<Query extends Tensor, Key extends Tensor, Value extends Tensor>(
  query: Query & OfRank<Query, 4>,
  key: Key & OfRank<Key, 4>,
  value: Value & OfRank<Value, 4>,
  options: AttentionOptions,
): Tensor<4> {
  return attend(query, key, value, options);
}

function attend(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor<4> {
  const { inputs, call } = prepared(query, key, value, options);
  const [context, logSumExp] = attentionOp(inputs, call) as [Tensor, Tensor];
  return (options.sinks ? mul(context, shareBeside(options.sinks, logSumExp)) : context).ranked(4);
}

/** What attention runs on. @throws AttentionError when the sizes don't fit; MaskError when the mask has other rows. */
export function prepared(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): { readonly inputs: AttentionInputs; readonly call: AttentionCall } {
  const { mask, start = 0, keyStart = 0, filled, bias, softcap, sinks, dropout } = options;
  const { batch, queries, heads, headDim } = query.dims("batch queries heads headDim");
  const { keys, kvHeads } = key.dims("batch keys kvHeads headDim", { batch, headDim });
  value.dims("batch keys kvHeads valueDim", { batch, keys, kvHeads });
  checkGroups(heads, kvHeads);
  checkDropout(dropout?.rate ?? 0);
  if (bias) checkBias(bias, [batch, heads, queries, keys]);
  if (sinks && String(sinks.shape) !== String([heads]))
    throw new AttentionError(`attention: expected one sink for each of ${heads} heads, got [${sinks.shape.join(", ")}]`);
  const shared = options.shared ?? new Shared(query.device);
  const layout = { queries: [start, start + queries], keys: [keyStart, keyStart + keys], rows: batch, ...(filled === undefined ? {} : { filled }) } as const;
  const { table, blocks, tiles } = shared.place(mask, layout);
  const near = bias && isByDistance(bias) ? bias : undefined;
  // what is the same for all queries, or keys, is repeated by a stride of 0
  const pairs = bias && !isByDistance(bias) ? broadcastTo(bias, [...bias.shape.slice(0, 2), queries, keys]) : null;
  const call = {
    scale: options.scale ?? headDim ** -0.5,
    softcap,
    firstDistance: near?.firstDistance ?? 0,
    table,
    drop: dropout && dropout.rate > 0 ? dropout : undefined,
  };
  return { inputs: [query, key, value, blocks, tiles, near?.table ?? null, pairs], call };
}

/** What part of the weights a sink leaves to the keys, [batch, queries, heads, 1]: `1 / (1 + exp(sink − logSumExp))`. */
function shareBeside(sinks: Tensor, logSumExp: Tensor): Tensor {
  const empty = equal(logSumExp, Number.NEGATIVE_INFINITY); // sees no key, and its context is 0 already
  const share = sigmoid(sub(where(empty, 0, logSumExp), expandDims(sinks, 1)));
  return expandDims(permute(where(empty, 0, share), [0, 2, 1]), 3);
}

function isByDistance(bias: ScoreBias): bias is DistanceBias {
  return "table" in bias;
}

function checkBias(bias: ScoreBias, pairs: readonly [batch: number, heads: number, queries: number, keys: number]): void {
  if (isByDistance(bias)) {
    const { shape } = bias.table;
    if (shape.length !== 2 || (shape[0] !== pairs[1] && shape[0] !== 1))
      throw new AttentionError(`attention: expected a bias table of ${pairs[1]} rows or 1, got [${shape.join(", ")}]`);
  } else if (bias.rank !== 4 || bias.shape.some((size, axis) => size !== 1 && size !== pairs[axis])) {
    const wanted = ["batch", "heads", "queries", "keys"].map((name, axis) => `${pairs[axis] === 1 ? 1 : `1 or ${pairs[axis]}`} ${name}`).join(", ");
    throw new AttentionError(`attention: expected a bias of [${wanted}], got [${bias.shape.join(", ")}]`);
  }
}

/** @throws AttentionError when a rate of dropout isn't one. */
export function checkDropout(rate: number): void {
  if (!(rate >= 0 && rate < 1)) throw new AttentionError(`attention: expected a dropout rate in [0, 1), got ${rate}`);
}

/** @throws AttentionError when query heads can't be shared out evenly among key heads. */
export function checkGroups(heads: number, kvHeads: number): void {
  if (kvHeads > 0 && heads % kvHeads === 0) return;
  const near = Array.from({ length: heads }, (_, index) => index + 1).filter((count) => heads % count === 0);
  const nearest = near.sort((a, b) => Math.abs(a - kvHeads) - Math.abs(b - kvHeads)).slice(0, 2);
  throw new AttentionError(`attention: heads (${heads}) must be a multiple of kvHeads (${kvHeads}); try ${nearest.sort((a, b) => a - b).join(" or ")}`);
}
