import type { Corruption } from "./corruption.ts";

/** The same corruption, applied to the tokens that are **not** noise (T5's `nonnoise_…` functions). */
export function complement(corruption: Corruption): Corruption {
  return (tokens, noise, random) =>
    corruption(
      tokens,
      noise.map((n) => 1 - n),
      random,
    );
}
