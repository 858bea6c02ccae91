// What a call of attention reads, as the host writes it (src/kernels/attentionCall.ts): words of 4 bytes, in this order. Strides are in bytes; the
// last axis of query, key and value is contiguous.

@unmanaged
export class AttentionCall {
  batch: u32;
  queries: u32;
  heads: u32;
  dim: u32;
  keys: u32;
  kvHeads: u32;
  valueDim: u32;
  blockQueries: u32;
  blockKeys: u32;
  /** Bytes from one batch row's blocks to the next's: 0 where all rows share them. */
  blocksStride: u32;
  scale: f32;
  /** The cap on scores; 0 for none. */
  softcap: f32;
  query: u32;
  queryBatch: u32;
  queryTime: u32;
  queryHead: u32;
  key: u32;
  keyBatch: u32;
  keyTime: u32;
  keyHead: u32;
  value: u32;
  valueBatch: u32;
  valueTime: u32;
  valueHead: u32;
  blocks: u32;
  tiles: u32;
  /** The table of biases, or 0. */
  bias: u32;
  /** Bytes from one head's biases to the next's: 0 where all heads share them. */
  biasHead: u32;
  distances: i32;
  /** A bias's column is key index − query index − this, clamped. */
  columnOffset: i32;
  /** The biases of pairs, or 0, and their strides. */
  pairs: u32;
  pairsBatch: u32;
  pairsHead: u32;
  pairsQuery: u32;
  pairsKey: u32;
  /** A weight is dropped where the upper 24 bits of its random word are less: 0 where none is. */
  threshold: i32;
  key0: i32;
  key1: i32;
  /** By what the weights that are kept are multiplied. */
  keep: f32;
  /** [batch, queries, heads, valueDim] */
  context: u32;
  /** [batch, heads, queries] */
  logSumExp: u32;
  // the gradient's own
  cotangent: u32;
  ofQuery: u32;
  ofKey: u32;
  ofValue: u32;
  ofBias: u32;
  /** The gradient of the pairs, or 0; bytes from one row's to the next's and from one head's to the next's: 0 where they share it. */
  ofPairs: u32;
  ofPairsBatch: u32;
  ofPairsHead: u32;
  /** Whether the units of all batch rows of a key head follow each other, instead of those of all key heads of a row. */
  rowsFirst: u32;
}

/** The most keys whose scores are worked on at once: a tile of the table, or a part of one. */
const MOST_KEYS: u32 = 128;
/** The most queries worked on at once: eleven register tiles. */
const MOST_QUERIES: u32 = 66;

/** How many keys make one piece of a tile. */
export function keysAtOnce(call: AttentionCall): u32 {
  return min(call.blockKeys, MOST_KEYS);
}

/** How many queries make one piece of a tile. */
export function queriesAtOnce(call: AttentionCall): u32 {
  return min(min(call.blockQueries, MOST_QUERIES), call.queries);
}

/** The next multiple of 8. */
// @ts-ignore: decorator
@inline
export function padded(count: usize): usize {
  return (count + 7) & ~7;
}

/** The bytes of that many floats in lines of the cache, with room at their end: vectors may run over. */
// @ts-ignore: decorator
@inline
export function lines(floats: usize): usize {
  return ((floats << 2) + 127) & ~63;
}

/** What the table says about a block: 0 skip, 1 all visible, 2 + i the i-th tile. */
export function blockAt(call: AttentionCall, row: usize, queryBlock: usize, keyBlock: usize): u32 {
  const keyBlocks = (call.keys + call.blockKeys - 1) / call.blockKeys;
  return load<u32>(<usize>call.blocks + row * call.blocksStride + ((queryBlock * keyBlocks + keyBlock) << 2));
}

/** The bits of a tile for one query from one key on (a multiple of 32), or 0 where all is visible. */
export function bitsAt(call: AttentionCall, block: u32, query: usize, key: usize): usize {
  if (block < 2) return 0;
  const words = call.blockKeys >>> 5;
  const row = (block - 2) * call.blockQueries + <u32>(query % call.blockQueries);
  return <usize>call.tiles + ((row * words + (<u32>(key % call.blockKeys) >>> 5)) << 2);
}
