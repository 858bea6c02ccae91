import { wholeNumber } from "./check.ts";

/** A stream of uniform random numbers that can be split into independent streams by name. */
export interface RandomStream {
  /** The next number, uniform in [0, 1), with 53 random bits. */
  next(): number;
  /** The next whole number, uniform in 0 … n − 1. */
  below(n: number): number;
  /** An independent stream; the same key gives the same stream, however much was drawn from this one. */
  split(key: string | number): RandomStream;
}

/**
 * Where an objective takes its random numbers from: a seed (the same seed gives the same example), or a source of
 * uniform numbers in [0, 1), for tests or for another generator.
 */
export type Randomness =
  | {
      /** A whole number from 0: the same seed gives the same example. */
      readonly seed: number;
      /** Not with a seed. */
      readonly random?: never;
    }
  | {
      /** Not with a source. */
      readonly seed?: never;
      /** The next uniform number in [0, 1). */
      readonly random: () => number;
    };

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/**
 * Threefry-2x32 with 20 rounds: a counter and a key, two 32-bit words each, to two random words.
 * Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
export function threefry(key0: number, key1: number, counter0: number, counter1: number): [number, number] {
  const keys = [key0, key1, 0x1bd11bda ^ key0 ^ key1];
  let x = (counter0 + key0) | 0;
  let y = (counter1 + key1) | 0;
  for (let round = 0; round < 20; round++) {
    const turn = rotations[round % 8]!;
    x = (x + y) | 0;
    y = ((y << turn) | (y >>> (32 - turn))) ^ x;
    if (round % 4 === 3) {
      const block = (round + 1) / 4;
      x = (x + keys[block % 3]!) | 0;
      y = (y + keys[(block + 1) % 3]! + block) | 0;
    }
  }
  return [x >>> 0, y >>> 0];
}

// The second counter word says what a block is for, so that drawing and splitting never meet.
const draws = 0;
const splitByNumber = 0x40000000;
const splitByText = 0x80000000;

/**
 * A counter-based random stream: number `i` depends on the seed, the names of the splits and `i` alone, so a resumed run
 * draws what an uninterrupted one does.
 * @example
 * const shuffle = randomStream(7).split("shuffle").split(2);
 * shuffle.below(6);
 */
export function randomStream(seed: number): RandomStream {
  wholeNumber("randomStream", "seed", seed, 0);
  return stream(seed >>> 0, Math.floor(seed / 2 ** 32));
}

function stream(key0: number, key1: number): RandomStream {
  let drawn = 0;
  const next = (): number => {
    const [high, low] = threefry(key0, key1, drawn >>> 0, draws + Math.floor(drawn / 2 ** 32));
    drawn++;
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
  };
  const split = (key: string | number): RandomStream => {
    if (typeof key === "number") {
      wholeNumber("split", "a numeric key", key, 0, 2 ** 53 - 1);
      return stream(...threefry(key0, key1, key >>> 0, splitByNumber + Math.floor(key / 2 ** 32)));
    }
    let keys: [number, number] = [key0, key1];
    for (let i = 0; i < key.length; i++) keys = threefry(...keys, key.charCodeAt(i), splitByText);
    return stream(...threefry(...keys, key.length, splitByText + 1));
  };
  return { next, below: (n) => Math.floor(next() * n), split };
}

/** The source of an objective's random numbers. */
export function source(randomness: Randomness): () => number {
  return randomness.random ?? randomStream(randomness.seed).next;
}

/** Fills `items` with a uniformly random order of what is in it (Fisher and Yates). */
export function shuffleInPlace<T extends { length: number; [index: number]: number }>(items: T, random: () => number): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  }
  return items;
}
