import { type EmbeddedPosition, looking, Shared, tapped, within } from "@ashlar/attention";
import type { PerPosition, Stack } from "@ashlar/blocks";
import { causal, full, type Mask } from "@ashlar/mask";
import { type Bound, define, type Module } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Call } from "./call.ts";
import { tiedHead, type VocabularyHead } from "./heads/head.ts";
import type { LanguageModel } from "./language-model.ts";
import { type InputParts, inputs, runStack } from "./transformer.ts";

/** Two stacks over one vocabulary. */
export interface EncoderDecoderParts<
  Encoder extends Stack,
  Decoder extends Stack,
  Positions extends EmbeddedPosition | null,
  Norm extends PerPosition | null,
  Head extends VocabularyHead,
> extends InputParts<Positions, Norm> {
  /** Reads the source. */
  readonly encoder: Encoder;
  /** Writes the target; its blocks have cross-attention. */
  readonly decoder: Decoder;
  /** From states to logits; the embeddings once more unless said. */
  readonly head?: Head;
}

/** What an encoder-decoder is told: its target's mask is causal and its source is seen whole unless said. */
export interface SequenceCall extends Omit<Call, "mask" | "memory"> {
  /** Which target positions see which; causal unless said. */
  readonly mask?: Mask;
  /** Which source positions are seen, by source and target alike: `padding(lengths)`; all unless said. */
  readonly sourceMask?: Mask;
}

/** What an encoder-decoder is made of, modules over the same parts: the same parameters fit each. */
export interface EncoderDecoderHalves<Parts> {
  /** Source ids int32 [batch, keys] to states [batch, keys, dim]. */
  readonly encode: Module<Parts, [source: Tensor<2>, call: SequenceCall], Tensor>;
  /** The source's states and target ids int32 [batch, time] to the target's states [batch, time, dim]. */
  readonly read: Module<Parts, [states: Tensor, target: Tensor<2>, call: SequenceCall], Tensor>;
  /** The target's states […, dim] to logits […, vocab]. */
  readonly score: Module<Parts, [states: Tensor], Tensor>;
  /** Both of these: the source's states and target ids to logits [batch, time, vocab]. */
  readonly write: Module<Parts, [states: Tensor, target: Tensor<2>, call: SequenceCall], Tensor>;
}

/** A model that reads a source and writes a target, and its halves. */
export type EncoderDecoder<Parts> = Module<Parts, [source: Tensor<2>, target: Tensor<2>, call?: SequenceCall], Tensor> & EncoderDecoderHalves<Parts>;

/** An encoder-decoder, whatever its parts. */
// biome-ignore lint/suspicious/noExplicitAny: the parts of a module appear on both sides of a function type, so only any stands for all of them
export type AnyEncoderDecoder = EncoderDecoder<any>;

type Encode<Parts> = (bound: Bound<Parts>, source: Tensor<2>, call: Call) => Tensor;
type Answer<Parts> = (bound: Bound<Parts>, target: Tensor<2>, call: Call) => Tensor;
type Score<Parts> = (bound: Bound<Parts>, states: Tensor) => Tensor;

/** The halves and the whole. The source's call has no cache: its states are computed once. */
function sequenceModule<const Parts extends object>(parts: Parts, source: Encode<Parts>, answer: Answer<Parts>, scores: Score<Parts>): EncoderDecoder<Parts> {
  const encode = define(parts, (bound, ids: Tensor<2>, { sourceMask: mask = full, cache: _cache, start: _start, ...call }: SequenceCall): Tensor => {
    // dropout of the two sides must differ where they share layers
    const below: Call = { ...call, mask, ...(call.random ? { random: call.random.split("source") } : {}) };
    return looking(call, () => source(bound, ids, below), { more: true }); // what the decoder has is still to come
  });
  const read = define(parts, (bound, states: Tensor, target: Tensor<2>, { mask = causal, sourceMask = full, ...call }: SequenceCall): Tensor => {
    return looking(call, () => answer(bound, target, { ...call, mask, memory: { states, mask: sourceMask } }));
  });
  const score = define(parts, scores);
  const write = define(
    parts,
    (bound, states: Tensor, target: Tensor<2>, call: SequenceCall): Tensor => scores(bound, read.compute(bound, states, target, call)),
  );
  const both = define(parts, (bound, source: Tensor<2>, target: Tensor<2>, { shared = new Shared(source.device), ...call }: SequenceCall = {}): Tensor => {
    const { positions: _positions, segments: _segments, lengths: _lengths, ...sourceCall } = call;
    return looking(call, () => write.compute(bound, encode.compute(bound, source, { ...sourceCall, shared }), target, { ...call, shared }));
  });
  return { ...both, encode, read, score, write };
}

/**
 * Source ids int32 [batch, keys] and target ids [batch, time] to logits [batch, time, vocab] (Vaswani et al. 2017; Raffel et al. 2020). Both
 * sides share the embeddings. `encode` and `write` are its halves, `read` and `score` those of `write`; positions, segments and lengths in a call are the target's.
 *
 * @throws TensorError when the ids aren't [batch, time]; DeviceError when one is outside the vocabulary; MaskError when a mask has other rows.
 *
 * @example
 * ```ts
 * import { crossAttention, multiHeadAttention, rotary } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { feedForward, preNorm, stack } from "@ashlar/blocks";
 * import { encoderDecoder } from "@ashlar/models";
 * import { bind, fresh, init, layerNorm } from "@ashlar/nn";
 * import { tensor } from "@ashlar/tensor";
 * const [dim, heads] = [16, 2];
 * const block = { attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: feedForward(dim), norm: layerNorm(dim) };
 * const encoder = stack({ blocks: 2, of: preNorm(block), norm: layerNorm(dim) });
 * const decoder = stack({ blocks: 2, of: preNorm({ ...block, cross: crossAttention({ dim, heads }) }), norm: layerNorm(dim) });
 * const model = encoderDecoder({ vocab: 32, dim, encoder, decoder });
 * const device = reference();
 * const [source, target] = [[[5, 6, 7]], [[0, 8]]].map((ids) => tensor(ids, { device, dtype: "int32" }));
 * const logits = bind(model, init(model, fresh(0, { device })))(source!, target!); // [1, 2, 32]
 * ```
 */
export const encoderDecoder = <
  Encoder extends Stack,
  Decoder extends Stack,
  Positions extends EmbeddedPosition | null = null,
  Norm extends PerPosition | null = null,
  Head extends VocabularyHead = ReturnType<typeof tiedHead>,
>({
  encoder,
  decoder,
  head = tiedHead() as VocabularyHead as Head, // Head is what is given, or its default
  ...rest
}: EncoderDecoderParts<Encoder, Decoder, Positions, Norm, Head>) =>
  sequenceModule(
    { inputs: inputs(rest), encoder, decoder, head },
    (bound, source, call) => runStack(bound.encoder, tapped(call, bound.inputs(source, call), "encoder.inputs"), call, "encoder"),
    (bound, target, call) => runStack(bound.decoder, tapped(call, bound.inputs(target, call), "decoder.inputs"), call, "decoder"),
    (bound, states) => bound.head(states, bound.inputs.params.tokens.weight),
  );

/**
 * One stack that reads both sides (T5's shared encoder-decoder, Raffel et al. 2020, §3.2): the parts and parameters of a language model whose
 * blocks have cross-attention. The source is read without a memory, the target with the source's states as its memory.
 */
export const sharedEncoderDecoder = <Parts extends object>({ parts, read, score }: LanguageModel<Parts>): EncoderDecoder<Parts> =>
  sequenceModule(
    parts,
    (bound, source, call) => read.compute(bound, source, within(call, "encoder")),
    (bound, target, call) => read.compute(bound, target, within(call, "decoder")),
    score.compute,
  );
