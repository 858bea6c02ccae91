import { someTokens } from "../check.ts";
import { GenerateError } from "../errors.ts";
import type { Processor } from "./processor.ts";

/** A sequence of tokens and what is added to the score of its last one when the others have just come. */
export interface BiasedSequence {
  /** The sequence. */
  readonly tokens: readonly number[];
  /** What is added; −Infinity forbids it. */
  readonly bias: number;
}

/** Makes sequences more or less likely. @throws GenerateError for an empty sequence or a bias that is NaN. */
export function sequenceBias(sequences: readonly BiasedSequence[]): Processor {
  for (const { tokens, bias } of sequences) {
    someTokens("sequenceBias", "a sequence", tokens);
    if (Number.isNaN(bias)) throw new GenerateError("sequenceBias: a bias must be a number, got NaN");
  }
  return (logits, { ids }) => {
    const biases = new Map<number, number>();
    for (const { tokens, bias } of sequences) {
      const before = tokens.slice(0, -1);
      const start = ids.length - before.length;
      if (before.length > 0 && start <= 0) continue;
      const last = tokens.at(-1) as number;
      if (before.every((token, index) => token === ids[start + index])) biases.set(last, (biases.get(last) ?? 0) + bias);
    }
    for (const [token, bias] of biases) if (token < logits.length) logits[token] = (logits[token] as number) + bias;
  };
}

/** Sequences that never come. @throws GenerateError for an empty sequence. */
export function badWords(words: readonly (readonly number[])[]): Processor {
  return sequenceBias(words.map((tokens) => ({ tokens, bias: Number.NEGATIVE_INFINITY })));
}
