import { shuffleInPlace } from "../random.ts";
import type { Corruption } from "./corruption.ts";

/**
 * Shuffles the tokens of the noise among their places (T5: `permute_noise_tokens`). With everything noise this is the
 * deshuffling objective of Raffel et al. 2020, table 3.
 */
export function permuteNoise(): Corruption {
  return (tokens, noise, random) => {
    const places = Array.from(tokens.keys()).filter((i) => noise[i]);
    const order = shuffleInPlace(places.slice(), random);
    const out = tokens.slice();
    places.forEach((place, i) => {
      out[place] = tokens[order[i]!]!;
    });
    return out;
  };
}
