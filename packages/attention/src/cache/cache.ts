import { type Keeper, keeper, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import { growingCache } from "./growing.ts";
import { type Caching, type KeysAndValues, kindOf, type LayerCache } from "./kind.ts";
import type { CacheState } from "./state.ts";

/** The keys and values that a call's queries look at, and where they stand. */
export interface SeenKeys extends KeysAndValues {
  /** The positions of the keys, `[start, end)`. */
  readonly keys: readonly [start: number, end: number];
  /** The position after the last key that is there, where what follows is room. */
  readonly filled?: number;
}

/**
 * A cache during one call: layers read what earlier calls left and append what this one adds. Afterwards `state` is what the next call begins
 * with. What it holds lives as long as the scope that it was made in, unless the state is returned from that.
 *
 * @example
 * ```ts
 * import { Cache, emptyCache, multiHeadAttention } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal } from "@ashlar/mask";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = multiHeadAttention({ dim: 8, heads: 2 });
 * const run = bind(layer, init(layer, fresh(0, { device })));
 * const prompt = new Cache(emptyCache);
 * run(ones([1, 5, 8], { device }), { mask: causal, cache: prompt });
 * const next = new Cache(prompt.state);
 * run(ones([1, 1, 8], { device }), { mask: causal, cache: next }); // at position 5, sees all six
 * next.state.length; // 6
 * ```
 */
export class Cache {
  readonly #before: CacheState;
  readonly #caching: Caching;
  readonly #after: Record<string, LayerCache> = {};
  readonly #once: Record<string, KeysAndValues> = {};
  // what a layer leaves outlives the block that the layer is in
  readonly #keeper: Keeper = keeper();
  #added = 0;

  /** For one call, after the calls that left `before`; growing unless another kind is given, the same in every call. */
  constructor(before: CacheState, caching: Caching = growingCache()) {
    this.#before = before;
    this.#caching = caching;
  }

  /** How many positions came before this call. */
  get length(): number {
    return this.#before.length;
  }

  /**
   * Between which positions, `[start, end)`, the keys stand that `time` queries of the layer at a path look at; of a stack's path, those of any
   * of its layers; without a path, of all.
   *
   * @throws AttentionError when there is no place for so many.
   */
  keys(path: string | undefined, time: number): readonly [start: number, end: number] {
    const { length, layers } = this.#before;
    const own = path ?? "attention";
    const below = layers[own] ? [own] : Object.keys(layers).filter((layer) => path === undefined || layer.startsWith(`${path}.`));
    if (below.length === 0) return [length, length + time];
    const ranges = below.map((layer) => kindOf(this.#caching, layer).keys(layers[layer], length, time));
    return [Math.min(...ranges.map(([start]) => start)), Math.max(...ranges.map(([, end]) => end))];
  }

  /**
   * Appends a layer's new keys and values along time and gives all that this call's queries may see.
   *
   * @throws AttentionError when the shapes don't continue those before, there is no place for more, the state was continued before and written
   * over, or two layers have one path.
   */
  extend(path: string, added: KeysAndValues): SeenKeys {
    this.#expectNew(path);
    const { length, layers } = this.#before;
    const before = layers[path];
    if (!before && length > 0)
      throw new AttentionError(
        `cache: expected keys at "${path}" from the ${length} positions before, found those of ${listed(Object.keys(layers))}; is it another model's cache?`,
      );
    if (before)
      for (const name of ["key", "value"] as const) {
        expectContinued(`${name} at "${path}"`, before[name], added[name]);
        expectLive(`${name} at "${path}"`, before[name]);
      }
    const kind = kindOf(this.#caching, path);
    const time = added.key.shape[1] as number;
    const keys = kind.keys(before, length, time);
    const { seen, kept } = kind.join(before, added, length);
    this.#keeper.keep(kept);
    this.#after[path] = kept;
    this.#added = time;
    return { ...seen, keys, ...(keys[1] > length + time ? { filled: length + time } : {}) };
  }

  /**
   * Keys and values that stay the same from call to call, made in the first one: those of cross-attention.
   *
   * @throws AttentionError when two layers have one path.
   */
  once(path: string, make: () => KeysAndValues): KeysAndValues {
    this.#expectNew(path);
    const all = this.#before.once[path] ?? make();
    this.#keeper.keep(all);
    this.#once[path] = all;
    return all;
  }

  /** What the next call begins with. */
  get state(): CacheState {
    return { length: this.#before.length + this.#added, layers: { ...this.#after }, once: { ...this.#once } };
  }

  #expectNew(path: string): void {
    if (path in this.#after || path in this.#once)
      throw new AttentionError(`cache: two layers of one call keep their keys at "${path}"; give each a path of its own with within(pass, name)`);
  }
}

function expectContinued(what: string, before: Tensor, added: Tensor): void {
  const [wanted, got] = [before, added].map(({ shape: [batch, , heads, dim] }) => `[${batch}, time, ${heads}, ${dim}]`);
  if (wanted !== got) throw new AttentionError(`cache: expected ${what} of ${wanted} as in the calls before, got ${got}`);
}

function expectLive(what: string, { storage }: Tensor): void {
  if (!storage.live)
    throw new AttentionError(
      `cache: ${what} is gone: the state was continued before, which wrote over it, or its scope ended; fork a state to continue it twice, return it from a scope to keep it`,
    );
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => `"${path}"`);
  return paths.length === 0 ? "no layer" : paths.length > 3 ? `${shown.join(", ")} and ${paths.length - 3} more` : shown.join(", ");
}
