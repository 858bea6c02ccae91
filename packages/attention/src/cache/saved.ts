import type { Tensor } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { growingCache, upTo } from "./growing.ts";
import { type Caching, type KeysAndValues, kindOf } from "./kind.ts";
import type { CacheState } from "./state.ts";

/** All of a cache that is no tensor, as JSON. */
export interface CacheRecord {
  /** Which form this is: 1. */
  readonly version: number;
  /** How many positions have been read. */
  readonly length: number;
  /** For each layer's path, the position of its first key. */
  readonly layers: Readonly<Record<string, number>>;
  /** The paths of what was computed once. */
  readonly once: readonly string[];
}

/** A cache as an application saves it: named tensors for a checkpoint file, and JSON. */
export interface SavedCache {
  /** The tensors by name: `layers.stack.blocks.0.attention.key`, without the room behind them. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The rest. */
  readonly json: CacheRecord;
}

/** Takes a cache apart into named tensors and JSON. Nothing is copied: write the tensors before the state is continued. */
export function saveCache({ length, layers, once }: CacheState): SavedCache {
  const tensors: Record<string, Tensor> = {};
  const note = (name: string, { key, value }: KeysAndValues): void => {
    tensors[`${name}.key`] = key;
    tensors[`${name}.value`] = value;
  };
  for (const [path, kept] of Object.entries(layers)) note(`layers.${path}`, upTo(kept, length - kept.from));
  for (const [path, kept] of Object.entries(once)) note(`once.${path}`, kept);
  const froms = Object.fromEntries(Object.entries(layers).map(([path, { from }]) => [path, from]));
  return { tensors, json: { version: 1, length, layers: froms, once: Object.keys(once) } };
}

/**
 * Puts a saved cache together again, of the kind that is asked for: one that grew may go on as a fixed one.
 *
 * @throws AttentionError when the record is of another version, a tensor is missing, or the kind has no place for what is there or needs more.
 *
 * @example
 * ```ts
 * import { type CacheState, fixedCache, restoreCache, saveCache } from "@ashlar/attention";
 * const moved = (state: CacheState): CacheState => restoreCache(saveCache(state), fixedCache({ length: 1024 }));
 * ```
 */
export function restoreCache({ tensors, json }: SavedCache, caching: Caching = growingCache()): CacheState {
  const { version, length, layers, once } = json;
  if (version !== 1) throw new AttentionError(`restoreCache: expected a record of version 1, got ${version}`);
  const given = (name: string): Tensor => {
    const tensor = tensors[name];
    if (!tensor)
      throw new AttentionError(`restoreCache: there is no tensor "${name}" among the ${Object.keys(tensors).length} given; are these the files of this cache?`);
    return tensor;
  };
  const read = (name: string): KeysAndValues => ({ key: given(`${name}.key`), value: given(`${name}.value`) });
  const restored = Object.entries(layers).map(([path, from]) => {
    const all = read(`layers.${path}`);
    const count = all.key.shape[1] as number;
    if (from + count !== length)
      throw new AttentionError(`restoreCache: expected keys of ${length - from} positions at "${path}", got ${count}; are these the files of this cache?`);
    return [path, kindOf(caching, path).join(undefined, all, from).kept] as const;
  });
  return { length, layers: Object.fromEntries(restored), once: Object.fromEntries(once.map((path) => [path, read(`once.${path}`)])) };
}
