// Rules that stretch rotary positions beyond the length a model was trained on, with the numbers of Hugging Face's modeling_rope_utils.
import { AttentionError } from "../errors.ts";
import { type RotaryScaling, rotaryFrequencies } from "./rotary.ts";

/** By how much a rotary scheme stretches. */
export interface StretchOptions {
  /** How many times longer the texts may be. */
  readonly factor: number;
}

/** A stretch that depends on the length a model was trained on. */
export interface TrainedStretchOptions extends StretchOptions {
  /** The length the model was trained on, in positions. */
  readonly original: number;
}

/** Position interpolation (Chen et al. 2023, arXiv 2306.15595): every frequency divided by the factor. */
export function linearScaling({ factor }: StretchOptions): RotaryScaling {
  return ({ dims, theta }) => ({ frequencies: rotaryFrequencies(dims, theta).map((frequency) => frequency / factor) });
}

/**
 * Dynamic NTK: beyond the original length n the base grows with the text's length l, `theta · (factor · l / n − factor + 1)^(dims / (dims − 2))`.
 *
 * Each call turns its keys by its own length, so a text that is read in pieces with a cache is not turned like one read at once.
 */
export function dynamicScaling({ factor, original }: TrainedStretchOptions): RotaryScaling {
  return ({ dims, theta, length }) => {
    const growth = (factor * Math.max(length, original)) / original - (factor - 1);
    return { frequencies: rotaryFrequencies(dims, theta * growth ** (dims / (dims - 2))) };
  };
}

/** How YaRN stretches. */
export interface YarnOptions extends TrainedStretchOptions {
  /** Pairs that turn more often than this within the original length stay as they are; 32 unless said. */
  readonly betaFast?: number;
  /** Pairs that turn less often than this are interpolated; 1 unless said. */
  readonly betaSlow?: number;
  /** Whether the bounds between them are rounded outwards to whole pairs; true unless said. */
  readonly truncate?: boolean;
  /** Multiplies cos and sin; `0.1 · ln(factor) + 1` unless said. DeepSeek's `mscale / mscale_all_dim` is a ratio of two `yarnMagnitude`s. */
  readonly magnitude?: number;
}

/** YaRN's attention factor: `0.1 · weight · ln(factor) + 1`, and 1 where nothing is stretched. */
export function yarnMagnitude(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/**
 * YaRN (Peng et al. 2023, arXiv 2309.00071): slow pairs are interpolated, fast ones kept, those between blended along a ramp.
 *
 * @example
 * ```ts
 * import { rotary, yarn } from "@ashlar/attention";
 * const position = rotary({ scaling: yarn({ factor: 4, original: 4096 }) });
 * ```
 */
export function yarn({ factor, original, betaFast = 32, betaSlow = 1, truncate = true, magnitude = yarnMagnitude(factor) }: YarnOptions): RotaryScaling {
  return ({ dims, theta }) => {
    // the pair that turns this often within the original length
    const pairOf = (turns: number): number => (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
    const [first, last] = truncate ? [Math.floor(pairOf(betaFast)), Math.ceil(pairOf(betaSlow))] : [pairOf(betaFast), pairOf(betaSlow)];
    // dims − 1, not the last pair: so the paper's code bounds it, and all that follow
    const [low, high] = [Math.max(first, 0), Math.min(last, dims - 1)];
    const width = low === high ? 0.001 : high - low;
    const frequencies = rotaryFrequencies(dims, theta).map((frequency, pair) => {
      const interpolated = Math.min(1, Math.max(0, (pair - low) / width));
      return (frequency / factor) * interpolated + frequency * (1 - interpolated);
    });
    return { frequencies, magnitude };
  };
}

/** How Llama 3.1 stretches. */
export interface Llama3ScalingOptions extends TrainedStretchOptions {
  /** Pairs with fewer turns than this within the original length are interpolated; 1 unless said. */
  readonly low?: number;
  /** Pairs with more turns than this stay as they are; 4 unless said. */
  readonly high?: number;
}

/** Llama 3.1's rule (Grattafiori et al. 2024, arXiv 2407.21783): slow pairs interpolated, fast ones kept, those between blended by their turns. */
export function llama3Scaling({ factor, original, low = 1, high = 4 }: Llama3ScalingOptions): RotaryScaling {
  return ({ dims, theta }) => ({
    frequencies: rotaryFrequencies(dims, theta).map((frequency) => {
      const turns = (original * frequency) / (2 * Math.PI);
      const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
      return ((1 - kept) * frequency) / factor + kept * frequency;
    }),
  });
}

/** How LongRoPE stretches. */
export interface LongRopeOptions extends TrainedStretchOptions {
  /** Divides the frequency of each pair in texts of at most the original length. */
  readonly short: readonly number[];
  /** Divides the frequency of each pair in longer ones. */
  readonly long: readonly number[];
  /** Multiplies cos and sin; `√(1 + ln(factor) / ln(original))`, and 1 up to a factor of 1, unless said. */
  readonly magnitude?: number;
}

/**
 * LongRoPE (Ding et al. 2024, arXiv 2402.13753): a searched factor for each pair, one list for short texts and one for long. A text that
 * passes the original length while it is read in pieces with a cache keeps keys of both.
 *
 * @throws AttentionError, when it is used, unless the lists have a factor for each pair.
 */
export function longRope({ factor, original, short, long, magnitude }: LongRopeOptions): RotaryScaling {
  const grown = magnitude ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
  return ({ dims, theta, length }) => {
    const factors = length > original ? long : short;
    if (factors.length !== dims / 2) throw new AttentionError(`longRope: expected ${dims / 2} factors, one for each pair, got ${factors.length}`);
    return { frequencies: rotaryFrequencies(dims, theta).map((frequency, pair) => frequency / (factors[pair] as number)), magnitude: grown };
  };
}
