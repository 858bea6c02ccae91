import { wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { float32Quotient, roundHalfToEven } from "../round.ts";
import type { Noise, NoiseOptions } from "./noise.ts";

/** The settings of regular spans. */
export interface RegularNoiseOptions extends NoiseOptions {
  /** The shortest span. Default: 1. */
  readonly shortest?: number;
  /** The longest span. Default: 5. */
  readonly longest?: number;
}

/**
 * Spans of one length at equal distances: the length is drawn from shortest … longest, the distance follows from the
 * density, the phase is random (T5: `regular_noise_mask`).
 */
export function regularNoise({ density = 0.15, shortest = 1, longest = 5 }: RegularNoiseOptions = {}): Noise {
  if (!(density > 0 && density <= 1)) throw new DataError(`regularNoise: density must lie above 0 and be at most 1, got ${density}`);
  wholeNumber("regularNoise", "shortest", shortest);
  wholeNumber("regularNoise", "longest", longest, shortest);
  return (length, random) => {
    const span = shortest + Math.floor(random() * (longest - shortest + 1));
    const period = roundHalfToEven(float32Quotient(span, density));
    const phase = Math.floor(random() * period);
    return Uint8Array.from({ length }, (_, i) => ((i + phase) % period < span ? 1 : 0));
  };
}
