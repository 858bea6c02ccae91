import type { Variation } from "./attentionFormula.ts";
import { headsFirst } from "./attentionFormula.ts";
import type { Given } from "./given.ts";
import { array, broadcast, permuted, sliced } from "./given.ts";

const causal = (i: number, j: number): boolean => j <= i;
const lengths = [3, 33, 0, 20];
const dropout = { rate: 0.3, key: [11, 13] } as const;

/** What attention and its gradient are tried on, small enough for finite differences. */
export const small: Readonly<Record<string, Variation>> = {
  "every key": { batch: 2, queries: 3, keys: 5 },
  "a causal mask": { queries: 5, allows: causal },
  "one query and one key": { queries: 1, heads: 1 },
  "grouped heads": { queries: 3, heads: 4, kvHeads: 2 },
  "one key head for all": { queries: 3, heads: 3, kvHeads: 1, allows: causal },
  "values of another size": { queries: 3, keys: 4, dim: 5, valueDim: 3 },
  "a bias by distance, one for all heads": { queries: 4, bias: { rows: 1, distances: 7, firstDistance: -3 } },
  "a bias by distance for each head, its ends taking what is farther": {
    queries: 5,
    heads: 2,
    bias: { rows: 2, distances: 4, firstDistance: -2 },
    allows: causal,
  },
  "a bias with grouped heads and an offset": {
    queries: 2,
    keys: 6,
    heads: 4,
    kvHeads: 2,
    queryOffset: 4,
    bias: { rows: 4, distances: 5, firstDistance: -4 },
    allows: (i, j) => j <= i + 4,
  },
  "capped scores": { queries: 4, softcap: 1.5, allows: causal },
  "capped scores with a bias": { queries: 4, softcap: 2, bias: { rows: 2, distances: 3, firstDistance: -1 } },
  "some queries that see nothing": { queries: 5, allows: (i, j) => i % 2 === 0 && j <= i },
  "a mask that differs by row": { batch: 2, queries: 4, perRow: true, allows: (i, j, row) => (row === 0 ? j <= i : j < 2) },
  "an unscaled product": { queries: 3, dim: 2, scale: 1 },
  "a bias for every pair, one for all rows and heads": { batch: 2, queries: 3, keys: 4, pairs: { rows: 1, heads: 1 } },
  "a bias for every pair of each head, grouped, with a bias by distance": {
    batch: 2,
    queries: 3,
    keys: 5,
    heads: 4,
    kvHeads: 2,
    pairs: { rows: 1, heads: 4 },
    bias: { rows: 4, distances: 3, firstDistance: -1 },
    allows: causal,
  },
  "a bias for every pair of each row, capped": { batch: 3, queries: 2, keys: 3, pairs: { rows: 3, heads: 1 }, softcap: 1.5 },
  "a bias for every pair of each row and head, of queries some of which see nothing": {
    batch: 2,
    queries: 4,
    pairs: { rows: 2, heads: 2 },
    allows: (i, j) => i !== 2 && j <= i,
  },
  "dropped weights": { batch: 2, queries: 4, keys: 5, heads: 4, kvHeads: 2, dropout },
  "dropped weights, capped and biased, of queries some of which see nothing": {
    queries: 5,
    allows: (i, j) => i % 2 === 0 && j <= i,
    softcap: 2,
    dropout,
    bias: { rows: 2, distances: 3, firstDistance: -1 },
    pairs: { rows: 1, heads: 2 },
  },
};

/** What crosses tiles, in sizes that fill none of them evenly. */
export const large: Readonly<Record<string, Variation>> = {
  "a causal mask over many tiles": { batch: 2, queries: 37, heads: 2, dim: 8, allows: causal },
  "every key over many tiles": { queries: 19, keys: 70, dim: 8 },
  "a sliding window": { queries: 70, allows: (i, j) => j <= i && i - j < 9 },
  "a sliding window of more than a tile": { queries: 100, heads: 1, allows: (i, j) => j <= i && i - j < 40 },
  "padding that differs by row, one row all padding": { batch: 4, queries: 33, perRow: true, allows: (_, j, row) => j < lengths[row]! },
  "a prefix that differs by row": { batch: 3, queries: 40, perRow: true, allows: (i, j, row) => j <= i || j < [1, 17, 40][row]! },
  "scattered keys": { queries: 35, keys: 67, allows: (i, j) => (i * 7 + j * 13) % 5 === 0 },
  "one query far along, as in decoding": { batch: 2, queries: 1, keys: 65, heads: 4, kvHeads: 2, dim: 16, queryOffset: 64 },
  "some queries far along, causal": {
    queries: 5,
    keys: 65,
    queryOffset: 60,
    allows: (i, j) => j <= i + 60,
    bias: { rows: 2, distances: 20, firstDistance: -19 },
  },
  "grouped heads over many tiles, with a bias for each": {
    queries: 34,
    heads: 6,
    kvHeads: 2,
    dim: 5,
    allows: causal,
    bias: { rows: 6, distances: 16, firstDistance: -15 },
  },
  "tiles of one query": { queries: 20, blockQueries: 1, allows: causal },
  "tiles of 64 keys": { queries: 40, keys: 130, blockQueries: 32, blockKeys: 64, allows: (i, j) => (i + j) % 3 !== 0 },
  "tiles of 128 queries and keys": { queries: 130, heads: 1, blockQueries: 128, blockKeys: 128, allows: causal },
  "arrays that lie heads first": { batch: 2, queries: 20, heads: 3, dim: 8, allows: causal, view: headsFirst },
  "arrays cut from wider ones": { queries: 20, dim: 8, allows: causal, view: (given) => sliced(given, 3, 2, 7), valueDim: 8 },
  "keys and values repeated over the batch": {
    batch: 3,
    queries: 9,
    keys: 12,
    view: (given) => (given.shape[1] === 12 ? broadcast(sliced(given, 0, 0, 1), given.shape) : given),
  },
  "large scores do not overflow": { queries: 20, dim: 8, scale: 40, allows: causal },
  "queries that see nothing among others, over many tiles": { queries: 50, heads: 1, allows: (i, j) => i >= 20 && i % 3 !== 0 && j <= i },
  "a bias for every pair over many tiles, lying keys first": {
    batch: 2,
    queries: 37,
    keys: 70,
    dim: 8,
    pairs: { rows: 2, heads: 2, view: keysFirst },
    allows: (i, j) => j <= i + 33,
  },
  "a bias for every key, repeated over rows, heads and queries": {
    batch: 2,
    queries: 20,
    keys: 41,
    pairs: { rows: 1, heads: 1, view: (given) => broadcast(sliced(given, 2, 0, 1), given.shape) },
  },
  "a bias for every query, repeated over keys": {
    queries: 20,
    keys: 41,
    pairs: { rows: 1, heads: 2, view: (given) => broadcast(sliced(given, 3, 0, 1), given.shape) },
  },
  "a bias for every pair that hides some keys, all of one query": {
    batch: 2,
    queries: 35,
    keys: 40,
    heads: 4,
    kvHeads: 2,
    pairs: { rows: 1, heads: 4, view: (given) => hiding(given, (i, j) => i === 3 || (i * 7 + j * 3) % 4 === 0) },
  },
  "a bias for every pair, grouped heads and rows that share it, over tiles of 64": {
    batch: 2,
    queries: 35,
    keys: 130,
    heads: 4,
    kvHeads: 2,
    blockQueries: 32,
    blockKeys: 64,
    pairs: { rows: 1, heads: 1 },
    allows: (i, j) => (i + j) % 3 !== 0,
  },
  "dropped weights over many tiles, of an odd number of keys": {
    batch: 2,
    queries: 37,
    keys: 71,
    heads: 4,
    kvHeads: 2,
    dropout,
    allows: (i, j) => j <= i + 34,
  },
  "dropped weights over tiles of 64 keys and more": {
    queries: 18,
    keys: 333,
    heads: 1,
    blockQueries: 16,
    blockKeys: 256,
    dropout: { rate: 0.75, key: [1, 0xfffffff0] },
  },
  "dropped weights of one query far along": { batch: 2, queries: 1, keys: 65, heads: 4, kvHeads: 2, queryOffset: 64, dropout },
  "no queries": { queries: 0, keys: 5 },
  "no keys": { queries: 3, keys: 0 },
  "an empty batch": { batch: 0, queries: 3 },
};

/** The same pairs in memory laid out [rows, heads, keys, queries]. */
function keysFirst(given: Given): Given {
  const [rows, heads, queries, keys] = given.shape as [number, number, number, number];
  return permuted({ ...given, shape: [rows, heads, keys, queries], strides: [heads * queries * keys, queries * keys, queries, 1] }, [0, 1, 3, 2]);
}

/** Pairs of which some are −Infinity. */
function hiding(given: Given, hides: (i: number, j: number) => boolean): Given {
  const [, , queries, keys] = given.shape as [number, number, number, number];
  const hidden = Array.from(given.data, (value, place) => (hides(Math.floor(place / keys) % queries, place % keys) ? Number.NEGATIVE_INFINITY : value));
  return array(given.shape, hidden);
}
