import { concat, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";

/** The keys and values of one attention layer, [batch, time, kvHeads, dim]. */
export interface KeysAndValues {
  /** [batch, time, kvHeads, headDim]. */
  readonly key: Tensor;
  /** [batch, time, kvHeads, valueDim]. */
  readonly value: Tensor;
}

/** What a cache holds between calls: a plain tree, kept by returning it from a scope. */
export interface CacheState {
  /** How many positions have been read. */
  readonly length: number;
  /** By the path of each attention layer. */
  readonly layers: Readonly<Record<string, KeysAndValues>>;
}

/**
 * A growing cache during one call: layers read what earlier calls left and append what this one adds. Afterwards `state` is what the next
 * call begins with.
 *
 * @example
 * ```ts
 * import { Cache, emptyCache } from "@ashlar/attention";
 * const cache = new Cache(emptyCache); // hand it to a model as { cache }, then keep cache.state
 * ```
 */
export class Cache {
  readonly #before: CacheState;
  readonly #after: Record<string, KeysAndValues> = {};
  #added = 0;

  constructor(before: CacheState) {
    this.#before = before;
  }

  /** How many positions came before this call. */
  get length(): number {
    return this.#before.length;
  }

  /** Appends a layer's new keys and values along time and gives all of them. @throws AttentionError when the batch differs. */
  extend(path: string, added: KeysAndValues): KeysAndValues {
    const before = this.#before.layers[path];
    if (before && before.key.shape[0] !== added.key.shape[0])
      throw new AttentionError(`cache: expected ${before.key.shape[0]} rows at "${path}" as in the calls before, got ${added.key.shape[0]}`);
    const all = before ? { key: concat([before.key, added.key], 1), value: concat([before.value, added.value], 1) } : added;
    this.#after[path] = all;
    this.#added = added.key.shape[1] as number;
    return all;
  }

  /** Keys and values that stay the same from call to call, made in the first one: those of cross-attention. */
  once(path: string, make: () => KeysAndValues): KeysAndValues {
    const all = this.#before.layers[path] ?? make();
    this.#after[path] = all;
    return all;
  }

  /** What the next call begins with. */
  get state(): CacheState {
    return { length: this.#before.length + this.#added, layers: { ...this.#after } };
  }
}

/** The state of a cache before anything was read. */
export const emptyCache: CacheState = { length: 0, layers: {} };
