import { share } from "../check.ts";
import type { Noise, NoiseOptions } from "./noise.ts";

/**
 * Each token is noise with probability `density`, whatever its neighbours are (T5: `iid_noise_mask`; BERT's choice of
 * tokens). Draws one number a token.
 */
export function independentNoise({ density = 0.15 }: NoiseOptions = {}): Noise {
  share("independentNoise", "density", density);
  return (length, random) => Uint8Array.from({ length }, () => (random() < density ? 1 : 0));
}
