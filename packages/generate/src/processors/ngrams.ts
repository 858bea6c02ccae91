import { wholeNumber } from "../check.ts";
import { type Processor, type TokensOfRow, tokensOf } from "./processor.ts";

/** Takes away each token that would end an n-gram which stands in a text. */
function forbid(logits: Float32Array, n: number, text: readonly number[], ids: readonly number[]): void {
  if (ids.length < n - 1) return;
  const tail = ids.slice(ids.length - (n - 1));
  for (let end = n - 1; end < text.length; end++) {
    const token = text[end] as number;
    if (token < logits.length && tail.every((id, index) => id === text[end - (n - 1) + index])) logits[token] = Number.NEGATIVE_INFINITY;
  }
}

/** No n tokens in a row come twice, prompt included, Paulus et al. 2018. @throws GenerateError unless n is a whole number of at least 1. */
export function noRepeatNgram(n: number): Processor {
  wholeNumber("noRepeatNgram", "n", n, 1);
  return (logits, { ids }) => forbid(logits, n, ids, ids);
}

/** No n tokens in a row are those of a source. @throws GenerateError unless n is a whole number of at least 1. */
export function noSourceNgram(n: number, source: TokensOfRow): Processor {
  wholeNumber("noSourceNgram", "n", n, 1);
  return (logits, { ids, row }) => forbid(logits, n, tokensOf(source, row), ids);
}
