import { AttentionError } from "../errors.ts";
import type { CacheKind } from "./kind.ts";
import { copied, expectPositions, expectRoom, withRoom, written } from "./room.ts";

/** How large a fixed cache is. */
export interface FixedCacheOptions {
  /** How many positions it has room for: prompt, padding and all that is to come. */
  readonly length: number;
}

/**
 * A cache of a fixed length, made once and written in place: a step costs what it writes, and every step has the same shapes, so that a
 * device which compiles its kernels compiles none per token. How much of it is filled is a scalar, and keys beyond that aren't visible.
 *
 * Continuing a state gives up its memory: `forkCache` it before continuing it twice.
 *
 * @throws AttentionError unless the length is a whole number of at least 1; when it is used, for more positions than it has room for.
 *
 * @example
 * ```ts
 * import { Cache, emptyCache, fixedCache } from "@ashlar/attention";
 * const cache = new Cache(emptyCache, fixedCache({ length: 2048 })); // for one call; cache.state for the next
 * ```
 */
export function fixedCache({ length: room }: FixedCacheOptions): CacheKind {
  expectPositions("fixedCache", "length", room, 1);
  const name = `fixedCache({ length: ${room} })`;
  const expectPlace = (length: number, time: number): void => {
    if (length + time > room)
      throw new AttentionError(
        `${name}: there is room for ${room} positions; ${length} are filled, and ${time} more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)`,
      );
  };
  return {
    name,
    keys(_, length, time) {
      expectPlace(length, time);
      return [0, room];
    },
    join(kept, added, length) {
      expectPlace(length, added.key.shape[1] as number);
      if (!kept && length > 0)
        throw new AttentionError(`${name}: expected keys from position 0 on, got them from ${length} on; a slidingCache can begin there`);
      if (kept) expectRoom(name, kept, room);
      const seen = kept ? written(kept, added, length) : withRoom(added, room);
      return { seen, kept: { ...seen, from: 0 } };
    },
    steady: (_, length) => room - length,
    // what was read since is beyond the filled length, and written over next
    rewind: (kept) => kept,
    fork: copied,
  };
}
