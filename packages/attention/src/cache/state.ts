import { cast, fromData, mapTree, type Tensor, take } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { growingCache } from "./growing.ts";
import { type Caching, type KeysAndValues, kindOf, type LayerCache } from "./kind.ts";

/** What a cache holds between calls: a plain tree, kept by returning it from a scope. */
export interface CacheState {
  /** How many positions have been read. */
  readonly length: number;
  /** What each layer of self-attention keeps, by its path. */
  readonly layers: Readonly<Record<string, LayerCache>>;
  /** Keys and values that were computed once, those of cross-attention, by the layer's path. */
  readonly once: Readonly<Record<string, KeysAndValues>>;
}

/** The state of a cache before anything was read. */
export const emptyCache: CacheState = { length: 0, layers: {}, once: {} };

/**
 * The cache of other rows, in memory of its own: row i is what row `rows[i]` was. Beams are reordered so.
 *
 * @throws AttentionError for a row that isn't there.
 */
export function selectCache({ length, layers, once }: CacheState, rows: Int32Array): CacheState {
  return { length, layers: selected(layers, rows), once: selected(once, rows) };
}

function selected<Parts extends object>(parts: Parts, rows: Int32Array): Parts {
  return mapTree(parts, (tensor) => takeRows(tensor, rows)) as Parts;
}

function takeRows(tensor: Tensor, rows: Int32Array): Tensor {
  const batch = tensor.shape[0] as number;
  const wrong = rows.find((row) => row < 0 || row >= batch);
  if (wrong !== undefined) throw new AttentionError(`selectCache: expected rows from 0 to ${batch - 1}, got ${wrong}; the cache is of ${batch} rows`);
  return cast(take(tensor, fromData(rows, [rows.length], { device: tensor.device }), 0), tensor.dtype);
}

/**
 * The cache as it was before the last `count` positions were read.
 *
 * @throws AttentionError when there are fewer, or a sliding cache no longer has what was seen then.
 */
export function rewindCache(state: CacheState, count: number, caching: Caching = growingCache()): CacheState {
  const { length, layers } = state;
  if (!Number.isInteger(count) || count < 0 || count > length) throw new AttentionError(`rewindCache: expected from 0 to ${length} positions, got ${count}`);
  if (count === 0) return state;
  if (count === length) return { ...emptyCache, once: state.once };
  return { ...state, length: length - count, layers: changed(layers, (kept, path) => kindOf(caching, path).rewind(kept, length, count)) };
}

/**
 * The cache for another continuation. Where continuing writes over nothing it shares all memory with the first, else what would be written over
 * is copied.
 *
 * @example
 * ```ts
 * import { type CacheState, fixedCache, forkCache } from "@ashlar/attention";
 * const kind = fixedCache({ length: 512 });
 * const twice = (prompt: CacheState) => [prompt, forkCache(prompt, kind)]; // each may be continued
 * ```
 */
export function forkCache(state: CacheState, caching: Caching = growingCache()): CacheState {
  return { ...state, layers: changed(state.layers, (kept, path) => kindOf(caching, path).fork(kept)) };
}

/** How many more positions, one at a time, can be read by replaying the first: as many as each layer's kind says. */
export function steadyCache({ length, layers }: CacheState, caching: Caching): number {
  const each = Object.entries(layers).map(([path, kept]) => kindOf(caching, path).steady?.(kept, length) ?? 0);
  return each.length === 0 ? 0 : Math.min(...each);
}

function changed(layers: CacheState["layers"], change: (kept: LayerCache, path: string) => LayerCache): Record<string, LayerCache> {
  return Object.fromEntries(Object.entries(layers).map(([path, kept]) => [path, change(kept, path)]));
}
