import { someTokens } from "../check.ts";
import type { Processor } from "./processor.ts";

/** Token ids: one or several. */
export type Tokens = number | readonly number[];

/** Takes some tokens away. */
export function suppressed(logits: Float32Array, tokens: readonly number[]): void {
  for (const token of tokens) if (token < logits.length) logits[token] = Number.NEGATIVE_INFINITY;
}

/** Tokens that never come. */
export function suppress(tokens: Tokens): Processor {
  const ids = someTokens("suppress", "tokens", tokens);
  return (logits) => suppressed(logits, ids);
}

/** Tokens that don't come first. */
export function suppressFirst(tokens: Tokens): Processor {
  const ids = someTokens("suppressFirst", "tokens", tokens);
  return (logits, context) => {
    if (context.ids.length === context.promptLength) suppressed(logits, ids);
  };
}
