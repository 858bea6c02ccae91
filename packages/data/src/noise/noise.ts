/**
 * Which of `length` tokens are noise: one entry a token, 1 for noise.
 * @param random uniform numbers in [0, 1).
 */
export type Noise = (length: number, random: () => number) => Uint8Array;

/** The options that the random masks share. */
export interface NoiseOptions {
  /** The share of the tokens that is noise. Default: 0.15. */
  readonly density?: number;
}
