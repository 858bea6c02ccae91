/**
 * What becomes of a text, given which of its tokens are noise: one side of a denoising example.
 * @param random uniform numbers in [0, 1).
 */
export type Corruption = (tokens: Int32Array, noise: Uint8Array, random: () => number) => Int32Array;
