// What generations are compared by: some logits of the first token, and the tokens.

/** The place of the largest. */
export function likeliest(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

/** How many tokens are compared. */
const compared = 8;

/** Tokens as numbers of the size of logits, so that one tolerance serves both: different tokens are far apart. */
export const tokenNumbers = (tokens: readonly number[]): number[] => tokens.slice(0, compared).map((token) => ((token * 7919) % 97) / 97);

/** Some logits and the tokens. */
export const generationNumbers = (logits: ArrayLike<number>, tokens: readonly number[]): number[] => [
  ...Array.from({ length: 8 }, (_, i) => logits[i * 997]!),
  ...tokenNumbers(tokens),
];
