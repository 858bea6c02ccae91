import { type CacheState, type Caching, type Looking, steadyCache } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { type Replay, replayable } from "@ashlar/tensor";

/** What reading a token gives, at least. */
export interface Step {
  /** What the next one begins with. */
  readonly cache: CacheState;
}

/** A token a row, and what they are when the step is replayed. */
export interface StepTokens {
  /** int32 [rows]. */
  readonly ids: Int32Array;
  /** Those of the step that is replayed; left out where none will be. */
  readonly replayed?: () => Int32Array;
}

/** A step that was recorded. */
interface Kept<Result> {
  readonly replay: Replay<Result>;
  /** How many positions had been read before it. */
  readonly length: number;
  /** How many steps, itself among them, it can stand for. */
  readonly steady: number;
  readonly beside: readonly unknown[];
}

/** Functions that differ from call to call in ways that can't be replayed are tried so often. */
const TRIES = 3;

/**
 * The steps of a decoder, each a token a row. Where a cache keeps its form they differ in nothing but the tokens and the position: then two that
 * follow each other are recorded, and if the second is the first one position further on, those after them are replayed. What comes out is the
 * same.
 */
export class Steps<Result extends Step> {
  readonly #device: Device;
  readonly #caching: Caching;
  readonly #isWatched: boolean;
  #ids: Int32Array = new Int32Array(0);
  #last: CacheState | undefined;
  #first: Kept<Result> | undefined;
  #proven: Kept<Result> | undefined;
  #failures = 0;

  /** For the decoder of a model on a device. What looks at a step, or changes it, has to be there each time: nothing is replayed then. */
  constructor(device: Device, caching: Caching, look: Looking) {
    this.#device = device;
    this.#caching = caching;
    this.#isWatched = look.taps !== undefined || look.interventions !== undefined;
  }

  /** Tells of a state that a step may follow. */
  follow(cache: CacheState): void {
    this.#last = cache;
  }

  /** Reads a token a row after what a cache holds: by `read`, or as it read before. `beside` is all else that reading depends on, compared by identity. */
  take(ids: Int32Array, cache: CacheState, beside: readonly unknown[], read: (tokens: StepTokens) => Result): Result {
    this.#ids = ids;
    const result = this.#replayed(cache, beside) ?? this.#recorded(cache, beside, () => read({ ids, replayed: () => this.#ids }));
    this.#last = result.cache;
    return result;
  }

  #replayed(cache: CacheState, beside: readonly unknown[]): Result | undefined {
    const kept = this.#proven;
    const moved = cache.length - (kept?.length ?? 0);
    if (!kept || moved < 0 || moved >= kept.steady || !same(kept.beside, beside) || !kept.replay.continues(cache)) return undefined;
    const result = kept.replay.play(cache, moved);
    return { ...result, cache: { ...result.cache, length: cache.length + 1 } };
  }

  #recorded(cache: CacheState, beside: readonly unknown[], read: () => Result): Result {
    const steady = steadyCache(cache, this.#caching);
    // a state that came from elsewhere may be one of several that take turns
    if (this.#isWatched || this.#failures >= TRIES || steady < 3 || cache !== this.#last) return read();
    const { result, replay } = replayable(this.#device, cache, read);
    if (!replay) {
      this.#failures++;
      return result;
    }
    const [first, now] = [this.#first, { replay, length: cache.length, steady, beside }];
    const follows = first !== undefined && first.length + 1 === cache.length && same(first.beside, beside);
    const proven = follows && first.replay.agrees(replay, 1);
    if (follows && !proven) this.#failures++;
    first?.replay.free();
    this.#proven?.replay.free();
    this.#proven = proven ? now : undefined;
    this.#first = proven ? undefined : now;
    return result;
  }
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
