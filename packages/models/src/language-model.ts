import type { EmbeddedPosition } from "@ashlar/attention";
import type { PerPosition, Stack } from "@ashlar/blocks";
import { type Bound, define, type Module } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Call } from "./call.ts";
import { tiedHead, type VocabularyHead } from "./heads/head.ts";
import { type TransformerParts, transformer } from "./transformer.ts";

/** A body, and a head that gives a score to each token of the vocabulary. */
export interface LanguageModelParts<Of extends Stack, Positions extends EmbeddedPosition | null, Norm extends PerPosition | null, Head extends VocabularyHead>
  extends TransformerParts<Of, Positions, Norm> {
  /** From states to logits; the embeddings once more unless said. */
  readonly head?: Head;
}

/** The halves of a language model, modules over the same parts: the same parameters fit each. */
export interface LanguageModelHalves<Parts> {
  /** Token ids int32 [batch, time] to states [batch, time, dim]: the model as an encoder. */
  readonly read: Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>;
  /** States […, dim] to logits […, vocab]. */
  readonly score: Module<Parts, [states: Tensor], Tensor>;
}

/** A model that reads tokens and scores the vocabulary, and its halves. */
export type LanguageModel<Parts> = Module<Parts, [tokens: Tensor<2>, call: Call], Tensor> & LanguageModelHalves<Parts>;

/** A language model, whatever its parts. */
// biome-ignore lint/suspicious/noExplicitAny: the parts of a module appear on both sides of a function type, so only any stands for all of them
export type AnyLanguageModel = LanguageModel<any>;

/**
 * Token ids int32 [batch, time] to logits [batch, time, vocab]. The mask makes it what it is: `causal` a decoder-only language model,
 * `or(causal, prefix(lengths))` a prefix language model, `full` or `padding(lengths)` a masked one.
 *
 * @throws TensorError when the ids aren't [batch, time]; DeviceError when one is outside the vocabulary; MaskError when the mask has other rows.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { preNorm, stack, swiglu } from "@ashlar/blocks";
 * import { causal } from "@ashlar/mask";
 * import { languageModel } from "@ashlar/models";
 * import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
 * import { tensor } from "@ashlar/tensor";
 * const dim = 16;
 * const block = preNorm({ attention: multiHeadAttention({ dim, heads: 2, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
 * const model = languageModel({ vocab: 32, dim, stack: stack({ blocks: 2, of: block, norm: rmsNorm(dim) }) });
 * const device = reference();
 * const params = init(model, fresh(0, { device }));
 * const logits = bind(model, params)(tensor([[1, 2, 3]], { device, dtype: "int32" }), { mask: causal }); // [1, 3, 32]
 * ```
 */
export const languageModel = <
  Of extends Stack,
  Positions extends EmbeddedPosition | null = null,
  Norm extends PerPosition | null = null,
  Head extends VocabularyHead = ReturnType<typeof tiedHead>,
>({
  head = tiedHead() as VocabularyHead as Head, // Head is what is given, or its default
  ...rest
}: LanguageModelParts<Of, Positions, Norm, Head>) =>
  scoringModule(
    { body: transformer(rest), head },
    ({ body }, tokens, call) => body(tokens, call),
    ({ body, head }, states) => head(states, body.params.inputs.tokens.weight),
  );

/** Both halves and the whole. */
function scoringModule<const Parts extends object>(
  parts: Parts,
  toStates: (bound: Bound<Parts>, tokens: Tensor<2>, call: Call) => Tensor,
  toLogits: (bound: Bound<Parts>, states: Tensor) => Tensor,
): LanguageModel<Parts> {
  const both = define(parts, (bound, tokens: Tensor<2>, call: Call): Tensor => toLogits(bound, toStates(bound, tokens, call)));
  return { ...both, read: define(parts, toStates), score: define(parts, toLogits) };
}

/**
 * The same parts and parameters read as an encoder: token ids to states [batch, time, dim].
 *
 * @example
 * ```ts
 * import { full } from "@ashlar/mask";
 * import { encoderOf, type LanguageModel } from "@ashlar/models";
 * import { bind, type ParamsOf } from "@ashlar/nn";
 * import type { Tensor } from "@ashlar/tensor";
 * const embed = <Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>, tokens: Tensor<2>) => bind(encoderOf(model), params)(tokens, { mask: full });
 * ```
 */
export const encoderOf = <Parts>(model: LanguageModelHalves<Parts>): LanguageModelHalves<Parts>["read"] => model.read;
