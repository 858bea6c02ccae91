import { AttentionError } from "../errors.ts";
import { upTo } from "./growing.ts";
import type { CacheKind, KeysAndValues, LayerCache } from "./kind.ts";
import { copied, expectPositions, withRoom, written } from "./room.ts";

/** How much room a doubling cache begins with. */
export interface DoublingCacheOptions {
  /** How many positions it has room for at least; 64 unless said. */
  readonly length?: number;
}

/**
 * A cache for texts of unknown length: written in place, and twice as long whenever it is full, so that a step costs what it writes, and what was
 * kept is copied once for every time that its length doubles. Between these all steps have the same shapes.
 *
 * Continuing a state gives up its memory: `forkCache` it before continuing it twice.
 *
 * @throws AttentionError unless the length is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { Cache, doublingCache, emptyCache } from "@ashlar/attention";
 * const cache = new Cache(emptyCache, doublingCache()); // for one call; cache.state for the next
 * ```
 */
export function doublingCache({ length: least = 64 }: DoublingCacheOptions = {}): CacheKind {
  expectPositions("doublingCache", "length", least, 1);
  const name = "doublingCache()";
  // with a place left for the position that comes next
  const roomFor = (positions: number): number => least * 2 ** Math.max(0, Math.ceil(Math.log2((positions + 1) / least)));
  const roomOf = ({ key }: KeysAndValues): number => key.shape[1] as number;
  const roomWith = (kept: LayerCache | undefined, end: number): number => (kept && end <= roomOf(kept) ? roomOf(kept) : roomFor(end));
  return {
    name,
    keys: (kept, length, time) => [0, roomWith(kept, length + time)],
    join(kept, added, length) {
      if (!kept && length > 0)
        throw new AttentionError(`${name}: expected keys from position 0 on, got them from ${length} on; a slidingCache can begin there`);
      if (kept && roomOf(kept) < length)
        throw new AttentionError(
          `${name}: expected keys with room for ${length} positions or more, got ${roomOf(kept)}; continue a cache with the kind that made it`,
        );
      const room = roomWith(kept, length + (added.key.shape[1] as number));
      if (!kept) return joined(withRoom(added, room));
      return joined(written(room === roomOf(kept) ? kept : withRoom(upTo(kept, length), room), added, length));
    },
    steady: (kept, length) => roomOf(kept) - length,
    // what was read since is beyond the filled length, and written over next
    rewind: (kept) => kept,
    fork: copied,
  };
}

const joined = (seen: KeysAndValues) => ({ seen, kept: { ...seen, from: 0 } });
