import type { EmbeddedPosition } from "@ashlar/attention";
import type { PerPosition, Stack } from "@ashlar/blocks";
import { type AnyModule, define, type Module } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Call } from "./call.ts";
import { tiedHead, type VocabularyHead } from "./heads/head.ts";
import { type Body, type TransformerParts, transformer } from "./transformer.ts";

/** A body, and a head that gives a score to each token of the vocabulary. */
export interface LanguageModelParts<Of extends Stack, Positions extends EmbeddedPosition | null, Norm extends PerPosition | null, Head extends VocabularyHead>
  extends TransformerParts<Of, Positions, Norm> {
  /** From states to logits; the embeddings once more unless said. */
  readonly head?: Head;
}

type TiedHead = ReturnType<typeof tiedHead>;

/**
 * Token ids int32 [batch, time] to logits [batch, time, vocab]. The mask makes it what it is: `causal` a decoder-only language model,
 * `or(causal, prefix(lengths))` a prefix language model, `full` or `padding(lengths)` a masked one.
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
  Head extends VocabularyHead = TiedHead,
>({
  head = tiedHead() as unknown as Head,
  ...parts
}: LanguageModelParts<Of, Positions, Norm, Head>) =>
  define({ body: transformer(parts), head }, (bound, tokens: Tensor<2>, call: Call): Tensor => scoreStates(bound, readTokens(bound, tokens, call)));

/** The parts that every language model has. */
export interface LanguageModelShape {
  /** Reads tokens. */
  readonly body: Body;
  /** Scores the vocabulary. */
  readonly head: VocabularyHead;
}

/** A language model, whatever its parts. */
export type LanguageModel<Parts extends LanguageModelShape = LanguageModelShape> = Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>;

interface BoundModel {
  readonly body: unknown;
  readonly head: unknown;
}

/** The states of a bound model's body. */
export function readTokens({ body }: BoundModel, tokens: Tensor<2>, call: Call): Tensor {
  return (body as (tokens: Tensor<2>, call: Call) => Tensor)(tokens, call);
}

/** The logits of a bound model's head. */
export function scoreStates({ body, head }: BoundModel, states: Tensor): Tensor {
  const { params } = body as { readonly params: { readonly inputs: { readonly tokens: { readonly weight: Tensor } } } };
  return (head as (states: Tensor, embeddings: Tensor) => Tensor)(states, params.inputs.tokens.weight);
}

/**
 * The same parts and parameters read as an encoder: token ids to states [batch, time, dim].
 *
 * @example
 * ```ts
 * import { full } from "@ashlar/mask";
 * import { type LanguageModel, encoderOf } from "@ashlar/models";
 * import { bind, type Params } from "@ashlar/nn";
 * import type { Tensor } from "@ashlar/tensor";
 * const embed = (model: LanguageModel, params: Params<LanguageModel>, tokens: Tensor<2>) => bind(encoderOf(model), params)(tokens, { mask: full });
 * ```
 */
export const encoderOf = <Parts extends LanguageModelShape>(model: Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>) =>
  define(model.parts as Parts, (bound, tokens: Tensor<2>, call: Call): Tensor => readTokens(bound as unknown as BoundModel, tokens, call));

/** Any module that gives logits for a row of tokens. */
export type TokenScorer = AnyModule<[tokens: Tensor<2>, call: Call], Tensor>;
