import { share, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import type { Corruption } from "./corruption.ts";

/** Each token of noise becomes the id: BERT's mask, MASS's inputs (T5: `noise_token_to_sentinel`). */
export function tokensToMask(id: number): Corruption {
  wholeNumber("tokensToMask", "id", id, 0);
  return (tokens, noise) => tokens.map((token, i) => (noise[i] ? id : token));
}

/** Which share of the noise becomes what; the rest stays as it is, and is predicted all the same. */
export interface ReplaceOptions {
  /** The id of the mask token. */
  readonly mask: number;
  /** The size of the vocabulary that random tokens are drawn from. */
  readonly vocab: number;
  /** The share that becomes the mask. Default: 0.8 (BERT); T5 takes 0.9. */
  readonly masked?: number;
  /** The share that becomes a random token. Default: 0.1. */
  readonly random?: number;
}

/**
 * Each token of noise becomes the mask, a random token or stays: 80, 10 and 10 % in Devlin et al. 2019 §3.1; 90, 10 and 0 %
 * in T5's BERT-style objective. Draws two numbers a token: the kind and the random token.
 * @example
 * const t5 = replaceTokens({ mask: 4, vocab: 1000, masked: 0.9, random: 0.1 });
 */
export function replaceTokens({ mask, vocab, masked = 0.8, random: randomShare = 0.1 }: ReplaceOptions): Corruption {
  wholeNumber("replaceTokens", "vocab", vocab);
  wholeNumber("replaceTokens", "mask", mask, 0, vocab - 1);
  share("replaceTokens", "masked", masked);
  share("replaceTokens", "random", randomShare);
  if (masked + randomShare > 1 + 1e-9) {
    throw new DataError(`replaceTokens: masked (${masked}) and random (${randomShare}) are shares of the noise; together they must be at most 1`);
  }
  return (tokens, noise, random) =>
    tokens.map((token, i) => {
      const kind = random();
      const other = Math.floor(random() * vocab);
      if (!noise[i]) return token;
      if (kind < masked) return mask;
      return kind < masked + randomShare ? other : token;
    });
}
