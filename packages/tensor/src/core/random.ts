import { threefry } from "@ashlar/backend";
import { TensorError } from "./errors.ts";

/** The two unsigned 32-bit words that a source of random numbers is. */
export type RandomState = readonly [number, number];

/**
 * A source of random numbers as a value: the key of threefry2x32-20 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 * It never changes: asking it twice gives the same numbers, so each use takes a part of its own by `split`.
 */
export class Random {
  /** The key: plain data, from which `random(state)` makes the same source again. */
  readonly state: RandomState;

  /** Made by `random` and `split`. */
  constructor(state: RandomState) {
    this.state = state;
  }

  /**
   * A source of its own for a name or a number (n is the name `#n`). It depends on the key and the name alone: a split that is added, or
   * taken away, changes no other.
   *
   * @example
   * ```ts
   * import { random } from "@ashlar/tensor";
   * const step = random(7).split("dropout").split(12);
   * ```
   */
  split(name: string | number): Random {
    const text = typeof name === "number" ? `#${name}` : name;
    let [first, second] = this.state;
    // Two UTF-16 units at a time are a counter, whose words are the next key. The upper half of counter space is for names, so that no
    // key comes out of a stream of numbers.
    for (let at = 0; at < text.length; at += 2) {
      const units = text.charCodeAt(at) | ((at + 1 < text.length ? text.charCodeAt(at + 1) : 0) << 16);
      [first, second] = threefry(first, second, units >>> 0, 0x80000000);
    }
    return new Random(threefry(first, second, text.length, 0x80000001));
  }
}

/**
 * A source of random numbers from a seed, a whole number of at most 53 bits, or from the `state` of another.
 *
 * @throws TensorError when the seed is not a whole number.
 */
export function random(seed: number | RandomState): Random {
  const state = typeof seed === "number" ? ([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const) : seed;
  if (typeof seed === "number" ? !Number.isSafeInteger(seed) : state.length !== 2 || state.some((word) => word !== word >>> 0))
    throw new TensorError(`random: expected a whole number as the seed, or a state of two unsigned 32-bit words, got ${JSON.stringify(seed)}`);
  return new Random([state[0], state[1]]);
}
