import { share } from "../check.ts";
import { DataError } from "../errors.ts";
import { shuffleInPlace } from "../random.ts";
import { float32Product, float32Quotient, roundHalfToEven } from "../round.ts";
import type { Noise, NoiseOptions } from "./noise.ts";

/** The settings of random spans. */
export interface SpanNoiseOptions extends NoiseOptions {
  /** The mean length of a noise span. Default: 3. */
  readonly meanSpan?: number;
  /** Turn the mask by a random offset, so that it may begin with noise and end without. Default: false. */
  readonly roll?: boolean;
}

/** How many tokens and how many spans of them are noise. */
export interface SpanCounts {
  /** Noise tokens in all. */
  readonly noise: number;
  /** Spans of noise, each followed or preceded by at least one other token. */
  readonly spans: number;
}

/**
 * The counts that every drawn mask has: noise = round(length × density) inside [1, length − 1],
 * spans = max(1, round(noise / meanSpan)), in float32 and with halves to even, as T5 computes them. A length of 1 counts
 * as 2. Spans never outnumber the tokens between them.
 */
export function spanCounts(length: number, density: number, meanSpan: number): SpanCounts {
  const tokens = Math.max(length, 2);
  const noise = Math.min(Math.max(roundHalfToEven(float32Product(tokens, density)), 1), tokens - 1);
  const spans = Math.max(roundHalfToEven(float32Quotient(noise, meanSpan)), 1);
  return { noise, spans: Math.min(spans, noise, tokens - noise) };
}

/**
 * Noise in spans of random lengths: noise and other tokens are each cut at random into the same number of pieces,
 * which are laid alternately, other tokens first. Every mask with these counts is equally likely.
 * Raffel et al. 2020 §3.3.4 (T5: `random_spans_noise_mask`).
 */
export function spanNoise({ density = 0.15, meanSpan = 3, roll = false }: SpanNoiseOptions = {}): Noise {
  share("spanNoise", "density", density);
  if (!(meanSpan >= 1)) throw new DataError(`spanNoise: meanSpan must be at least 1 token, got ${meanSpan}`);
  return (length, random) => {
    const { noise, spans } = spanCounts(length, density, meanSpan);
    const noiseSpans = segmentation(noise, spans, random);
    const otherSpans = segmentation(Math.max(length, 2) - noise, spans, random);
    const mask = maskFromSpans(otherSpans, noiseSpans).slice(0, length);
    if (!roll || length === 0) return mask;
    const offset = Math.floor(random() * length);
    return mask.map((_, i) => mask[(i + length - offset) % length]!);
  };
}

/** Lays spans alternately, other tokens first: `[3, 2], [1, 2]` gives 00010011. */
export function maskFromSpans(other: readonly number[], noise: readonly number[]): Uint8Array {
  return Uint8Array.from(other.flatMap((length, i) => [...Array<number>(length).fill(0), ...Array<number>(noise[i]!).fill(1)]));
}

/** Cuts `items` into `pieces` pieces of at least one, every way equally likely. */
function segmentation(items: number, pieces: number, random: () => number): number[] {
  const begins = new Uint8Array(items - 1).fill(1, 0, pieces - 1);
  shuffleInPlace(begins, random);
  const lengths = [1];
  for (const begin of begins) {
    if (begin) lengths.push(1);
    else lengths[lengths.length - 1]!++;
  }
  return lengths;
}
