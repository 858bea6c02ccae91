import { concat, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";

/** The keys and values of one attention layer, rotated where the position scheme rotates. */
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
 * call begins with. Nothing is written over, so one state may be continued twice.
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
  readonly #after: Record<string, KeysAndValues> = {};
  #added = 0;

  /** For one call, after the calls that left `before`. */
  constructor(before: CacheState) {
    this.#before = before;
  }

  /** How many positions came before this call. */
  get length(): number {
    return this.#before.length;
  }

  /**
   * Appends a layer's new keys and values along time and gives all of them.
   *
   * @throws AttentionError when the shapes don't continue those before, or two layers have one path.
   */
  extend(path: string, added: KeysAndValues): KeysAndValues {
    this.#expectNew(path);
    const before = this.#before.layers[path];
    if (!before && this.#before.length > 0)
      throw new AttentionError(
        `cache: expected keys at "${path}" from the ${this.#before.length} positions before, found those of ${listed(Object.keys(this.#before.layers))}; is it another model's cache?`,
      );
    if (before) for (const name of ["key", "value"] as const) expectContinued(`${name} at "${path}"`, before[name], added[name]);
    const all = before ? { key: concat([before.key, added.key], 1), value: concat([before.value, added.value], 1) } : added;
    this.#after[path] = all;
    this.#added = added.key.shape[1] as number;
    return all;
  }

  /**
   * Keys and values that stay the same from call to call, made in the first one: those of cross-attention.
   *
   * @throws AttentionError when two layers have one path.
   */
  once(path: string, make: () => KeysAndValues): KeysAndValues {
    this.#expectNew(path);
    const all = this.#before.layers[path] ?? make();
    this.#after[path] = all;
    return all;
  }

  /** What the next call begins with. */
  get state(): CacheState {
    return { length: this.#before.length + this.#added, layers: { ...this.#after } };
  }

  #expectNew(path: string): void {
    if (path in this.#after)
      throw new AttentionError(`cache: two layers of one call keep their keys at "${path}"; give each a path of its own with within(pass, name)`);
  }
}

function expectContinued(what: string, before: Tensor, added: Tensor): void {
  const [wanted, got] = [before, added].map(({ shape: [batch, , heads, dim] }) => `[${batch}, time, ${heads}, ${dim}]`);
  if (wanted !== got) throw new AttentionError(`cache: expected ${what} of ${wanted} as in the calls before, got ${got}`);
}

function listed(paths: readonly string[]): string {
  const shown = paths.slice(0, 3).map((path) => `"${path}"`);
  return paths.length === 0 ? "no layer" : paths.length > 3 ? `${shown.join(", ")} and ${paths.length - 3} more` : shown.join(", ");
}

/** The state of a cache before anything was read. */
export const emptyCache: CacheState = { length: 0, layers: {} };
