import { onlyKnown } from "../check.ts";
import { complement } from "../corrupt/complement.ts";
import { type SentinelOptions, spansToSentinels } from "../corrupt/sentinels.ts";
import type { EncoderDecoderExample } from "../example.ts";
import { independentNoise } from "../noise/independent.ts";
import type { NoiseOptions } from "../noise/noise.ts";
import type { Randomness } from "../random.ts";
import type { Tokens } from "../tokens.ts";
import { denoise } from "./denoise.ts";
import type { SequenceToSequenceOptions } from "./sequenceToSequence.ts";

/** The settings of independent denoising. */
export type IndependentDenoisingOptions = Randomness & NoiseOptions & SentinelOptions & SequenceToSequenceOptions;

/**
 * T5's baseline objective: tokens are chosen one by one, runs of them become one sentinel; the targets hold the runs behind
 * their sentinels. Raffel et al. 2020 §3.1.4.
 * @throws DataError for an empty text, or more runs than sentinels.
 */
export function independentDenoising(tokens: Tokens, options: IndependentDenoisingOptions): EncoderDecoderExample {
  onlyKnown("independentDenoising", options, ["density", "vocab", "sentinels", "start", "end", "seed", "random"]);
  const { density, vocab, sentinels, ...rest } = options;
  const noise = independentNoise(density === undefined ? {} : { density });
  const toSentinels = spansToSentinels({ vocab, ...(sentinels !== undefined && { sentinels }) });
  return denoise(tokens, { ...rest, noise, inputs: toSentinels, targets: complement(toSentinels) });
}
