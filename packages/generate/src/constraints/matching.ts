import type { Processor } from "../processors/processor.ts";
import { type ConstraintOptions, constrained } from "./constrained.ts";
import { languageOf } from "./pattern.ts";
import type { TokenBytes } from "./token-order.ts";

/**
 * Only text that matches a regular expression from beginning to end: at each place only tokens with which it still can, and the end once it does.
 * The prompt doesn't count. A row that reaches `maxTokens` may be left incomplete, and where the vocabulary has no
 * token for what must follow (those of real tokenizers have one for each byte or character) none is left, which is an error. Willard & Louf 2023, "Efficient guided generation",
 * [arXiv 2307.09702](https://arxiv.org/abs/2307.09702).
 *
 * JavaScript's syntax, without what looks around or back.
 *
 * @throws GenerateError for a mistake in the expression, and for a vocabulary whose tokens have no bytes.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, matching } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * declare const tokenizer: { size: number; specialIds: readonly number[]; bytes(id: number): Uint8Array | undefined };
 * const date = matching(/\d{4}-\d{2}-\d{2}/, tokenizer, { end: 0 });
 * const run = generate(decoder, [1, 2], { sample: [date], seed: 7, stop: 0 });
 * ```
 */
export function matching(pattern: string | RegExp, vocabulary: TokenBytes, options: ConstraintOptions): Processor {
  return constrained("matching", languageOf(pattern), vocabulary, options);
}
