import { onlyKnown } from "../check.ts";
import type { Corruption } from "../corrupt/corruption.ts";
import { replaceTokens } from "../corrupt/replace.ts";
import { DataError } from "../errors.ts";
import type { Example } from "../example.ts";
import { independentNoise } from "../noise/independent.ts";
import type { Noise } from "../noise/noise.ts";
import { type Randomness, source } from "../random.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of masked language modelling. */
export type MaskedLanguageModelOptions = Randomness & {
  /** The id of the mask token. */
  readonly mask: number;
  /** The size of the vocabulary that random tokens are drawn from. */
  readonly vocab: number;
  /** Ids that are never chosen: start, separator, padding. Default: none. */
  readonly special?: Iterable<number>;
  /** Which tokens are chosen. Default: `independentNoise({ density: 0.15 })`; `spanNoise()` masks whole spans. */
  readonly noise?: Noise;
  /** What the chosen tokens become; must keep the length. Default: `replaceTokens({ mask, vocab })`, 80/10/10. */
  readonly corrupt?: Corruption;
};

/**
 * Masked language modelling for an encoder: some tokens are chosen and replaced, and each chosen position predicts the
 * token that stood there. Devlin et al. 2019 §3.1.
 *
 * Draws first what `noise` draws, then what `corrupt` draws.
 * @throws DataError for an empty text, or a corruption that changes the length.
 * @example
 * const { inputs, targets, lossWeights } = maskedLanguageModel([2, 60, 87, 6, 3], { mask: 4, vocab: 100, special: [2, 3], seed: 1 });
 */
export function maskedLanguageModel(tokens: Tokens, options: MaskedLanguageModelOptions): Example {
  onlyKnown("maskedLanguageModel", options, ["mask", "vocab", "special", "noise", "corrupt", "seed", "random"]);
  const { mask, vocab, special = [], noise = independentNoise(), corrupt = replaceTokens({ mask, vocab }) } = options;
  const targets = tokenIds("maskedLanguageModel", tokens, 1);
  const random = source(options);
  const never = new Set(special);
  const chosen = noise(targets.length, random).map((n, i) => (never.has(targets[i]!) ? 0 : n));
  const inputs = corrupt(targets, chosen, random);
  if (inputs.length !== targets.length) {
    throw new DataError(
      `maskedLanguageModel: the corruption made ${inputs.length} tokens of ${targets.length}; an encoder predicts in place, so use one that keeps the length, or denoise()`,
    );
  }
  return { inputs, targets, lossWeights: Float32Array.from(chosen) };
}
