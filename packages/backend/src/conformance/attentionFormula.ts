import type { AttentionSettings } from "../contract/kernels.ts";
import type { Given } from "./given.ts";
import { array, at, elements, floats, indices } from "./given.ts";
import { words } from "./random.ts";

/** One attention problem: what is given, and which keys each query may see. */
export interface Problem {
  /** [batch, queries, heads, dim] */
  readonly query: Given;
  /** [batch, keys, kvHeads, dim] */
  readonly key: Given;
  /** [batch, keys, kvHeads, valueDim] */
  readonly value: Given;
  /** [1 or heads, distances] */
  readonly bias?: Given;
  /** [1 or batch, 1 or heads, queries, keys] */
  readonly pairs?: Given;
  /** How often weights are dropped, and by which key. */
  readonly dropout?: Dropout;
  /** Whether query i of a batch row sees key j. */
  readonly allows: (i: number, j: number, row: number) => boolean;
  /** Whether the mask differs by batch row. */
  readonly perRow?: boolean;
  /** How the table is cut and the bias is read. */
  readonly settings: AttentionSettings;
  /** The factor on query · key. */
  readonly scale: number;
  /** The position of query 0 minus that of key 0. */
  readonly queryOffset: number;
}

/** Dropout on weights. */
export interface Dropout {
  /** The probability of being dropped. */
  readonly rate: number;
  /** The key of the random numbers. */
  readonly key: readonly [number, number];
}

/** The numbers of query, key, value, bias and pairs, row-major. */
export interface Values {
  readonly query: ArrayLike<number>;
  readonly key: ArrayLike<number>;
  readonly value: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  readonly pairs: ArrayLike<number>;
}

/** The numbers that a problem gives. */
export function valuesOf({ query, key, value, bias, pairs }: Problem): Values {
  return {
    query: elements(query),
    key: elements(key),
    value: elements(value),
    bias: bias ? elements(bias) : [],
    pairs: pairs ? elements(pairs) : [],
  };
}

/** Where a pair's bias is among the numbers of `pairs`. */
export function pairAt({ pairs, query, key }: Problem, row: number, head: number, i: number, j: number): number {
  const [rows, heads] = pairs!.shape as [number, number];
  return (((rows === 1 ? 0 : row) * heads + (heads === 1 ? 0 : head)) * query.shape[1]! + i) * key.shape[1]! + j;
}

/** By what a weight is multiplied: 0 where the random number of its place is below the rate. */
export function keptAt({ dropout, query, key }: Problem, row: number, head: number, i: number, j: number): number {
  if (!dropout) return 1;
  const [, queries, heads] = query.shape as [number, number, number];
  const place = ((row * heads + head) * queries + i) * key.shape[1]! + j;
  const word = words([BigInt(dropout.key[0]), BigInt(dropout.key[1])], BigInt(Math.floor(place / 2)))[place % 2]!;
  return Number(word >> 8n) / 2 ** 24 < Math.fround(dropout.rate) ? 0 : 1 / (1 - dropout.rate);
}

/**
 * Attention by its definition in float64, with whole [queries, keys] matrices: context [batch, queries, heads, valueDim] and log-sum-exp
 * [batch, heads, queries].
 */
export function denseAttention(problem: Problem, values: Values): { context: Float64Array; sums: Float64Array } {
  const { query, key, value, bias, pairs, allows, settings, scale, queryOffset } = problem;
  const [batch, queries, heads, dim] = query.shape as [number, number, number, number];
  const [, keys, kvHeads] = key.shape as [number, number, number];
  const valueDim = value.shape[3]!;
  const context = new Float64Array(batch * queries * heads * valueDim);
  const sums = new Float64Array(batch * heads * queries);
  for (const [row, head, i] of indices([batch, heads, queries]) as [number, number, number][]) {
    const group = Math.floor((head * kvHeads) / heads);
    const scores = Array.from({ length: keys }, (_, j) => {
      if (!allows(i, j, row)) return Number.NEGATIVE_INFINITY;
      let score = 0;
      for (let d = 0; d < dim; d++) {
        score += values.query[((row * queries + i) * heads + head) * dim + d]! * values.key[((row * keys + j) * kvHeads + group) * dim + d]!;
      }
      score *= scale;
      if (settings.softcap) score = settings.softcap * Math.tanh(score / settings.softcap);
      if (bias && settings.bias) {
        const [rows, distances] = bias.shape as [number, number];
        const column = Math.min(Math.max(j - i - queryOffset - settings.bias.firstDistance, 0), distances - 1);
        score += values.bias[(rows === 1 ? 0 : head) * distances + column]!;
      }
      if (pairs) score += values.pairs[pairAt(problem, row, head, i, j)]!;
      return score;
    });
    const largest = Math.max(...scores);
    const shares = scores.map((score) => (score === Number.NEGATIVE_INFINITY ? 0 : Math.exp(score - largest)));
    const total = shares.reduce((a, b) => a + b, 0);
    const kept = shares.map((share, j) => (share === 0 ? 0 : share * keptAt(problem, row, head, i, j)));
    sums[(row * heads + head) * queries + i] = total === 0 ? Number.NEGATIVE_INFINITY : largest + Math.log(total);
    for (let d = 0; d < valueDim && total > 0; d++) {
      const weighted = kept.map((share, j) => (share === 0 ? 0 : share * values.value[((row * keys + j) * kvHeads + group) * valueDim + d]!));
      context[((row * queries + i) * heads + head) * valueDim + d] = weighted.reduce((a, b) => a + b, 0) / total;
    }
  }
  return { context, sums };
}

/** A compiled mask as its two operands, cut here by asking for every pair. */
export function maskTable({ query, key, allows, perRow = false, settings: { blockQueries, blockKeys } }: Problem): { blocks: Given; tiles: Given } {
  const rows = perRow ? query.shape[0]! : 1;
  const [queryBlocks, keyBlocks] = [Math.ceil(query.shape[1]! / blockQueries), Math.ceil(key.shape[1]! / blockKeys)];
  const words = blockKeys / 32;
  const tiles: number[][] = [];
  const blocks = indices([rows, queryBlocks, keyBlocks]).map(([row, queryBlock, keyBlock]) => {
    const tile = new Array<number>(blockQueries * words).fill(0);
    let visible = 0;
    let inside = 0;
    for (const [r, c] of indices([blockQueries, blockKeys]) as [number, number][]) {
      const [i, j] = [queryBlock! * blockQueries + r, keyBlock! * blockKeys + c];
      if (i >= query.shape[1]! || j >= key.shape[1]!) continue;
      inside++;
      if (!allows(i, j, row!)) continue;
      visible++;
      const word = r * words + Math.floor(c / 32);
      tile[word] = tile[word]! | (1 << (c % 32));
    }
    if (visible === 0) return 0;
    if (visible === inside) return 1;
    tiles.push(tile);
    return 1 + tiles.length;
  });
  return {
    blocks: array([rows, queryBlocks, keyBlocks], blocks, "int32"),
    tiles: array([tiles.length, blockQueries, words], tiles.flat(), "int32"),
  };
}

/** How a problem differs from four queries and keys of two heads, all visible. */
export interface Variation {
  readonly batch?: number;
  readonly queries?: number;
  readonly keys?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly dim?: number;
  readonly valueDim?: number;
  readonly allows?: (i: number, j: number, row: number) => boolean;
  readonly perRow?: boolean;
  readonly blockQueries?: number;
  readonly blockKeys?: number;
  readonly queryOffset?: number;
  readonly softcap?: number;
  readonly bias?: { readonly rows: number; readonly distances: number; readonly firstDistance: number };
  readonly pairs?: { readonly rows: number; readonly heads: number; readonly view?: (given: Given) => Given };
  readonly dropout?: Dropout;
  readonly scale?: number;
  /** Turns the contiguous arrays into other views of the same shapes. */
  readonly view?: (given: Given) => Given;
}

/** Makes a problem of repeatable numbers. */
export function problem({
  batch = 1,
  queries = 4,
  keys = queries,
  heads = 2,
  kvHeads = heads,
  dim = 4,
  valueDim = dim,
  allows = () => true,
  perRow = false,
  blockQueries = 16,
  blockKeys = 32,
  queryOffset = 0,
  softcap,
  bias,
  pairs,
  dropout,
  scale = 1 / Math.sqrt(dim),
  view = (given) => given,
}: Variation): Problem {
  return {
    query: view(floats([batch, queries, heads, dim], 41, -2, 2)),
    key: view(floats([batch, keys, kvHeads, dim], 42, -2, 2)),
    value: view(floats([batch, keys, kvHeads, valueDim], 43, -1, 1)),
    ...(bias && { bias: floats([bias.rows, bias.distances], 44) }),
    ...(pairs && { pairs: (pairs.view ?? ((given) => given))(floats([pairs.rows, pairs.heads, queries, keys], 45, -2, 2)) }),
    ...(dropout && { dropout }),
    allows,
    perRow,
    scale: Math.fround(scale),
    queryOffset,
    settings: {
      blockQueries,
      blockKeys,
      ...(bias && { bias: { firstDistance: bias.firstDistance } }),
      ...(pairs && { pairs: true }),
      ...(softcap !== undefined && { softcap }),
      ...(dropout && { dropout: true }),
    },
  };
}

/** The operands of `attention`, in order. */
export function operandsOf(problem: Problem): Given[] {
  const { blocks, tiles } = maskTable(problem);
  const { query, key, value, bias, pairs } = problem;
  return [query, key, value, blocks, tiles, ...(bias ? [bias] : []), ...(pairs ? [pairs] : [])];
}

/** The scalars of `attention`, in order. */
export function scalarsOf({ scale, queryOffset, dropout }: Problem): number[] {
  return [scale, queryOffset, ...(dropout ? [dropout.rate, ...dropout.key] : [])];
}

/** The same elements in memory laid out [batch, heads, time, dim], seen as [batch, time, heads, dim]. */
export function headsFirst(given: Given): Given {
  const [batch, time, heads, dim] = given.shape as [number, number, number, number];
  const stored = indices([batch, heads, time, dim]).map(([row, head, t, d]) => at(given, [row!, t!, head!, d!]));
  return { ...array([batch, heads, time, dim], stored), shape: given.shape, strides: [heads * time * dim, dim, time * dim, 1] };
}
