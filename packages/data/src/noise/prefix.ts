import { share } from "../check.ts";
import { float32Product, roundHalfToEven } from "../round.ts";
import type { Noise, NoiseOptions } from "./noise.ts";

/** The shortest and the longest prefix that may be drawn. */
export interface SplitRange {
  /** The shortest prefix. */
  readonly least: number;
  /** The longest prefix. */
  readonly most: number;
}

/**
 * Where a text of `length` tokens may be split: from round((1 − 2 density) (length − 1)), at least 1, to length − 1, so
 * that the mean rest is about `density` of the text (float32 product, halves to even).
 */
export function prefixRange(length: number, density: number): SplitRange {
  const most = Math.max(length - 1, 1);
  const least = Math.min(most, Math.max(1, roundHalfToEven(float32Product(1 - 2 * density, most))));
  return { least, most };
}

/**
 * Marks a random **prefix** as noise, uniformly inside `prefixRange`: inputs that keep the noise and targets that drop it
 * make prefix language modelling (T5: `random_prefix_noise_mask`). Density 0.5 splits anywhere.
 */
export function prefixNoise({ density = 0.5 }: NoiseOptions = {}): Noise {
  share("prefixNoise", "density", density);
  return (length, random) => {
    const { least, most } = prefixRange(length, density);
    const split = least + Math.floor(random() * (most - least + 1));
    return new Uint8Array(length).fill(1, 0, split);
  };
}
