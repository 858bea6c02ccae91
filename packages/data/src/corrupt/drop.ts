import type { Corruption } from "./corruption.ts";

/** Leaves the noise out (T5: `drop_noise_tokens`). */
export function dropNoise(): Corruption {
  return (tokens, noise) => tokens.filter((_, i) => !noise[i]);
}

/** Leaves everything as it is: the full text as targets. */
export function keepAll(): Corruption {
  return (tokens) => tokens.slice();
}
