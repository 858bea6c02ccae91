import { attentionOperands } from "../../contract/attentionOperands.ts";
import type { HostArray } from "../../contract/dtype.ts";
import type { AttentionSettings } from "../../contract/kernels.ts";
import type { Operand } from "../../contract/operand.ts";

/** The sizes of an attention call: query [batch, queries, heads, dim], key [batch, keys, kvHeads, dim], value [.., valueDim]. */
export interface AttentionSizes {
  readonly batch: number;
  readonly queries: number;
  readonly heads: number;
  readonly dim: number;
  readonly keys: number;
  readonly kvHeads: number;
  readonly valueDim: number;
}

/** What a query of one head sees: its keys, the score of each, and what the gradient needs to go back through a score. */
export interface Scores {
  /** How many keys it sees. */
  count: number;
  /** Their indices. */
  readonly keys: Int32Array;
  /** Their scores: `softcap(scale · q · k) + bias + pair`. */
  readonly scores: Float64Array;
  /** The derivative of the score by `scale · q · k`: 1, or with a cap `1 − tanh²`. */
  readonly slopes: Float64Array;
  /** Each key's column in the bias table. */
  readonly columns: Int32Array;
  /** Each key's place in the pairs. */
  readonly places: Float64Array;
}

/** Reads the sizes off the operands of `attention`. */
export function attentionSizes([query, key, value]: readonly Operand[]): AttentionSizes {
  const [batch, queries, heads, dim] = query!.shape as [number, number, number, number];
  const [, keys, kvHeads] = key!.shape as [number, number, number, number];
  return { batch, queries, heads, dim, keys, kvHeads, valueDim: value!.shape[3]! };
}

/** Gives a function that finds, for one query of one head, the keys it sees and their scores. What it returns is overwritten by the next call. */
export function attentionScores(
  settings: AttentionSettings,
  sizes: AttentionSizes,
  operands: readonly Operand[],
  inputs: readonly HostArray[],
  [scale, queryOffset]: readonly number[],
): (row: number, i: number, head: number) => Scores {
  const { blockQueries, blockKeys, softcap } = settings;
  const { queries, heads, dim, keys, kvHeads } = sizes;
  const { query, key, blocks, tiles, bias, pairs } = attentionOperands(settings, inputs);
  const named = attentionOperands(settings, operands);
  const [blockRows, queryBlocks, keyBlocks] = named.blocks.shape as [number, number, number];
  const [pairRows, pairHeads] = (named.pairs?.shape ?? [1, 1]) as [number, number];
  const words = blockKeys / 32;
  const seen: Scores = {
    count: 0,
    keys: new Int32Array(keys),
    scores: new Float64Array(keys),
    slopes: new Float64Array(keys).fill(1),
    columns: new Int32Array(keys),
    places: new Float64Array(keys),
  };

  return (row, i, head) => {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const queryAt = ((row * queries + i) * heads + head) * dim;
    const blockRow = ((blockRows === 1 ? 0 : row) * queryBlocks + Math.floor(i / blockQueries)) * keyBlocks;
    const pairsAt = (((pairRows === 1 ? 0 : row) * pairHeads + (pairHeads === 1 ? 0 : head)) * queries + i) * keys;
    seen.count = 0;
    for (let keyBlock = 0; keyBlock < keyBlocks; keyBlock++) {
      const block = blocks[blockRow + keyBlock]!;
      if (block === 0) continue;
      const end = Math.min((keyBlock + 1) * blockKeys, keys);
      for (let j = keyBlock * blockKeys; j < end; j++) {
        if (block > 1) {
          const column = j % blockKeys;
          const word = tiles[((block - 2) * blockQueries + (i % blockQueries)) * words + (column >> 5)]!;
          if (((word >>> (column & 31)) & 1) === 0) continue;
        }
        if (pairs?.[pairsAt + j] === Number.NEGATIVE_INFINITY) continue;
        const keyAt = ((row * keys + j) * kvHeads + kvHead) * dim;
        let score = 0;
        for (let d = 0; d < dim; d++) score += query[queryAt + d]! * key[keyAt + d]!;
        score *= scale!;
        if (softcap !== undefined) {
          const bent = Math.tanh(score / softcap);
          score = softcap * bent;
          seen.slopes[seen.count] = 1 - bent * bent;
        }
        if (settings.bias) {
          const [biasHeads, distances] = named.bias!.shape as [number, number];
          const distance = j - i - queryOffset! - settings.bias.firstDistance;
          const column = Math.max(0, Math.min(distances - 1, distance));
          score += bias![(biasHeads === 1 ? 0 : head) * distances + column]!;
          seen.columns[seen.count] = column;
        }
        if (pairs) score += pairs[pairsAt + j]!;
        seen.places[seen.count] = pairsAt + j;
        seen.keys[seen.count] = j;
        seen.scores[seen.count] = score;
        seen.count++;
      }
    }
    return seen;
  };
}
