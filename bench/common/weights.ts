// Random weights by a formula: any language computes the same ones, so there is nothing to download and every contender has the same model.

/** Numbers in [-½, ½) that a seed decides: mulberry32 by index, so that they can be computed in any order. */
export function uniform(length: number, seed: number): Float32Array {
  const out = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const state = (seed + Math.imul(0x6d2b79f5, i + 1)) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    out[i] = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  }
  return out;
}

/** The seed of a name: FNV-1a. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

/**
 * The numbers of a parameter: those of a norm's weight stand around 1, all others around 0, with deviation `deviation`. So every weight and
 * every bias has a say in the results.
 */
export function weights(name: string, length: number, deviation = 0.02): Float32Array {
  const out = uniform(length, seedOf(name));
  const [centre, width] = /(norm|ln_\w)\.weight$/i.test(name) ? [1, 0.2] : [0, deviation * Math.sqrt(12)];
  for (let i = 0; i < length; i++) out[i] = centre + width * out[i]!;
  return out;
}

/** Token ids that jump about a vocabulary. */
export const ids = (length: number, vocab: number): number[] => Array.from({ length }, (_, i) => (i * 7919) % vocab);

/** Rows, columns swapped: what is [columns, rows] becomes [rows, columns]. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[r * columns + c] = values[c * rows + r]!;
  return out;
}
