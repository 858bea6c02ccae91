import { onlyKnown } from "../check.ts";
import type { Corruption } from "../corrupt/corruption.ts";
import type { EncoderDecoderExample } from "../example.ts";
import type { Noise } from "../noise/noise.ts";
import { type Randomness, source } from "../random.ts";
import { type Tokens, tokenIds } from "../tokens.ts";
import { type SequenceToSequenceOptions, sequenceToSequence } from "./sequenceToSequence.ts";

/** The three free choices of a denoising objective, and how both sides are framed. */
export type DenoiseOptions = Randomness &
  SequenceToSequenceOptions & {
    /** Which tokens are noise. */
    readonly noise: Noise;
    /** What the encoder reads. */
    readonly inputs: Corruption;
    /** What the decoder predicts. */
    readonly targets: Corruption;
  };

/**
 * Any denoising objective of the T5 study, composed of three free choices: which tokens are noise, what becomes of the
 * text as inputs, and what as targets. Draws for the noise first, then for the inputs, then for the targets.
 * Raffel et al. 2020 §3.3.
 * @throws DataError for an empty text.
 * @example
 * // Drop the noise, predict it: Raffel et al. 2020, table 5, "Drop corrupted tokens".
 * denoise([10, 11, 12, 13], { noise: spanNoise(), inputs: dropNoise(), targets: complement(dropNoise()), end: 1, seed: 7 });
 */
export function denoise(tokens: Tokens, options: DenoiseOptions): EncoderDecoderExample {
  onlyKnown("denoise", options, ["noise", "inputs", "targets", "start", "end", "seed", "random"]);
  const { noise, inputs, targets, start, end } = options;
  const ids = tokenIds("denoise", tokens, 1);
  const random = source(options);
  const mask = noise(ids.length, random);
  const frame = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  return sequenceToSequence(inputs(ids, mask, random), targets(ids, mask, random), frame);
}
