import { concat, slice } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import type { CacheKind, KeysAndValues } from "./kind.ts";

/**
 * A cache that grows with the text: each call copies what was kept and what it adds into new tensors, and writes over nothing, so a state may
 * be continued as often as one likes. The plainest; a text of n tokens costs n²/2 copied positions, and shapes that change at every step.
 *
 * @example
 * ```ts
 * import { Cache, emptyCache, growingCache } from "@ashlar/attention";
 * new Cache(emptyCache, growingCache()); // as `new Cache(emptyCache)`
 * ```
 */
export function growingCache(): CacheKind {
  const name = "growingCache()";
  return {
    name,
    keys: (kept, length, time) => [kept?.from ?? 0, length + time],
    join(kept, added, length) {
      if (!kept && length > 0)
        throw new AttentionError(`${name}: expected keys from position 0 on, got them from ${length} on; a slidingCache can begin there`);
      if (kept && kept.key.shape[1] !== length - kept.from)
        throw new AttentionError(
          `${name}: expected keys of ${length - kept.from} positions, got ${kept.key.shape[1]}; continue a cache with the kind that made it`,
        );
      const seen = kept ? { key: concat([kept.key, added.key], 1), value: concat([kept.value, added.value], 1) } : added;
      return { seen, kept: { ...seen, from: kept?.from ?? 0 } };
    },
    rewind: (kept, length, count) => ({ ...upTo(kept, length - kept.from - count), from: kept.from }),
    fork: (kept) => kept,
  };
}

/** The first positions of keys and values. */
export function upTo({ key, value }: KeysAndValues, end: number): KeysAndValues {
  return { key: slice(key, 1, { end }), value: slice(value, 1, { end }) };
}
