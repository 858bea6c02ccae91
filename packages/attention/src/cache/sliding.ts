import { concat, slice } from "@ashlar/tensor";
import { AttentionError } from "../errors.ts";
import type { CacheKind, KeysAndValues, LayerCache } from "./kind.ts";
import { copied, expectPositions, expectRoom, withRoom, written } from "./room.ts";

/** How much a sliding cache keeps. */
export interface SlidingCacheOptions {
  /** How many keys a query sees at most, itself included, as in `slidingWindow(window)`. */
  readonly window: number;
  /** How many positions can be taken back at any time, for speculative decoding; 0 unless said. */
  readonly rewind?: number;
  /** How many positions it has room for, at least `window + rewind`; twice the window and `rewind` unless said. More room means rarer moves. */
  readonly length?: number;
}

/**
 * A cache for masks with a window: it has room for some positions, is written in place, and when it is full moves those that may still be
 * seen to its front. Memory is bounded by the window, however long the text; keys stay in order and positions absolute, so every mask and
 * scheme works as ever; all steps have the same shapes.
 *
 * Continuing a state gives up its memory: `forkCache` it before continuing it twice.
 *
 * @throws AttentionError for sizes that aren't whole numbers or leave no room; when it is used, for a mask that sees farther than it keeps,
 * and for more positions taken back than it keeps.
 *
 * @example
 * ```ts
 * import { Cache, emptyCache, slidingCache } from "@ashlar/attention";
 * const cache = new Cache(emptyCache, slidingCache({ window: 256 })); // for one call; cache.state for the next
 * ```
 */
export function slidingCache({ window, rewind = 0, length: room = 2 * window + rewind }: SlidingCacheOptions): CacheKind {
  expectPositions("slidingCache", "window", window, 1);
  expectPositions("slidingCache", "rewind", rewind, 0);
  expectPositions("slidingCache", "length", room, window + rewind);
  const name = `slidingCache({ window: ${window} })`;
  // kept after a call: the next query sees itself and `window − 1` before it, also once so many were taken back
  const most = window - 1 + rewind;

  /** The position of the first key, and whether what is kept moves to the front, or is too much with what comes. */
  const plan = (kept: LayerCache | undefined, length: number, time: number) => {
    const from = kept?.from ?? length;
    if (length - from + time <= room) return { from, moves: false, fits: true };
    // what the first query sees, and what is to be kept beside the new ones
    const first = Math.max(from, length - Math.max(window - 1, most - time));
    return { from: first, moves: true, fits: length - first + time <= room };
  };
  const between = ({ key, value }: KeysAndValues, start: number, end: number): KeysAndValues => ({
    key: slice(key, 1, { start, end }),
    value: slice(value, 1, { start, end }),
  });
  const joined = (first: KeysAndValues, then: KeysAndValues): KeysAndValues => ({
    key: concat([first.key, then.key], 1),
    value: concat([first.value, then.value], 1),
  });

  return {
    name,
    keys(kept, length, time) {
      const { from, fits } = plan(kept, length, time);
      return [from, fits ? from + room : length + time];
    },
    join(kept, added, length) {
      const time = added.key.shape[1] as number;
      const { from, moves, fits } = plan(kept, length, time);
      if (kept) expectRoom(name, kept, room);
      else if (length > 0 && time < window - 1)
        throw new AttentionError(`${name}: expected the keys of at least ${window - 1} positions before ${length + time}, got ${time}`);
      if (kept && !moves) {
        const seen = written(kept, added, length - from);
        return { seen, kept: { ...seen, from } };
      }
      const all = kept ? joined(between(kept, from - kept.from, length - kept.from), added) : added;
      if (fits) {
        const seen = withRoom(all, room);
        return { seen, kept: { ...seen, from } };
      }
      // a long text is seen whole, and its end is kept
      const count = all.key.shape[1] as number;
      const last = Math.min(count, most);
      return { seen: all, kept: { ...withRoom(between(all, count - last, count), room), from: length + time - last } };
    },
    // until it moves what is kept to the front
    steady: (kept, length) => room - (length - kept.from),
    rewind(kept, length, count) {
      const left = length - count - kept.from;
      if (kept.from > 0 && left < window - 1)
        throw new AttentionError(
          `${name}: ${count} positions can't be taken back, ${Math.max(0, left + count - window + 1)} can: what the window then shows is gone; make it with { rewind: ${count} }`,
        );
      return kept;
    },
    fork: copied,
  };
}
