import type { Tensor } from "@ashlar/tensor";

/** The keys and values of one attention layer, rotated where the position scheme rotates. */
export interface KeysAndValues {
  /** [batch, time, kvHeads, headDim]. */
  readonly key: Tensor;
  /** [batch, time, kvHeads, valueDim]. */
  readonly value: Tensor;
}

/** What a layer keeps from call to call: tensors whose first axis is the batch. A kind may keep more beside these. */
export interface LayerCache extends KeysAndValues {
  /** The position of the first key. */
  readonly from: number;
}

/** New keys and values, joined to those kept. */
export interface Joined {
  /** What this call's queries look at. */
  readonly seen: KeysAndValues;
  /** What the next call is given. */
  readonly kept: LayerCache;
}

/**
 * How keys and values are kept from call to call: `growingCache()`, `doublingCache()`, `fixedCache(…)`, `slidingCache(…)` or your own, such as one that keeps
 * fewer bits. It holds nothing itself.
 */
export interface CacheKind {
  /** How it was made, for messages: `fixedCache({ length: 64 })`. */
  readonly name: string;
  /**
   * Between which positions, `[start, end)`, the keys stand that queries at `length` and the `time − 1` after it look at; beyond the last
   * query it is room.
   *
   * @throws AttentionError when there is no place for them.
   */
  keys(kept: LayerCache | undefined, length: number, time: number): readonly [start: number, end: number];
  /**
   * Joins keys at the positions from `length` on to those that are kept, which it may write over; their positions are those that `keys` says.
   *
   * @throws AttentionError when there is no place for them, or what is kept is of another kind.
   */
  join(kept: LayerCache | undefined, added: KeysAndValues, length: number): Joined;
  /**
   * How many more positions, one at a time, are only written in place behind the last one, all else staying as it is, when `length` have been read:
   * so many steps can be replayed. None unless said.
   */
  steady?(kept: LayerCache, length: number): number;
  /** What was kept when `length` positions had been read, `count` positions later. @throws AttentionError when it is gone. */
  rewind(kept: LayerCache, length: number, count: number): LayerCache;
  /** What is kept, for another continuation: memory of its own where continuing writes over it. */
  fork(kept: LayerCache): LayerCache;
}

/** A kind for all layers, or for each by its path, such as `stack.blocks.3.attention`. */
export type Caching = CacheKind | ((path: string) => CacheKind);

/** The kind of the layer at a path. */
export function kindOf(caching: Caching, path: string): CacheKind {
  return typeof caching === "function" ? caching(path) : caching;
}
