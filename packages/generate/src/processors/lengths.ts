import { positive, someTokens, wholeNumber } from "../check.ts";
import type { Processor } from "./processor.ts";
import { suppressed, type Tokens } from "./suppress.ts";

/** Leaves only some tokens, with the same score. */
function force(logits: Float32Array, tokens: readonly number[]): void {
  logits.fill(Number.NEGATIVE_INFINITY);
  for (const token of tokens) if (token < logits.length) logits[token] = 0;
}

/** No end while the text, prompt included, is shorter than `length`. */
export function minLength(length: number, end: Tokens): Processor {
  wholeNumber("minLength", "length", length);
  const ends = someTokens("minLength", "end", end);
  return (logits, { ids }) => {
    if (ids.length < length) suppressed(logits, ends);
  };
}

/** No end before `count` tokens were generated. */
export function minNewTokens(count: number, end: Tokens): Processor {
  wholeNumber("minNewTokens", "count", count);
  const ends = someTokens("minNewTokens", "end", end);
  return (logits, { ids, promptLength }) => {
    if (ids.length - promptLength < count) suppressed(logits, ends);
  };
}

/** The token after the first one of the text, whatever the model says: a language to translate into. */
export function forcedStart(token: number): Processor {
  const tokens = someTokens("forcedStart", "token", token);
  return (logits, { ids }) => {
    if (ids.length === 1) force(logits, tokens);
  };
}

/** The last token that fits into `length`, prompt included, is an end. */
export function forcedEnd(length: number, end: Tokens): Processor {
  wholeNumber("forcedEnd", "length", length, 1);
  const ends = someTokens("forcedEnd", "end", end);
  return (logits, { ids }) => {
    if (ids.length === length - 1) force(logits, ends);
  };
}

/** The end grows more likely from `start` generated tokens on, by `|score| · (factorⁿ − 1)` n tokens later. */
export function endGrowsLikelier({ start, factor, end }: { readonly start: number; readonly factor: number; readonly end: Tokens }): Processor {
  wholeNumber("endGrowsLikelier", "start", start);
  positive("endGrowsLikelier", "factor", factor);
  const ends = someTokens("endGrowsLikelier", "end", end);
  return (logits, { ids, promptLength }) => {
    const over = ids.length - promptLength - start;
    if (over <= 0) return;
    for (const token of ends) {
      const logit = logits[token];
      if (logit !== undefined) logits[token] = logit + Math.abs(logit) * (factor ** over - 1);
    }
  };
}
