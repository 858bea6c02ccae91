import { type EmbeddedPosition, Shared } from "@ashlar/attention";
import type { PerPosition, Stack } from "@ashlar/blocks";
import { causal, full, type Mask } from "@ashlar/mask";
import { define, type Module } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Call } from "./call.ts";
import { tiedHead, type VocabularyHead } from "./heads/head.ts";
import { type LanguageModelShape, readTokens, scoreStates } from "./language-model.ts";
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

/**
 * Source ids int32 [batch, keys] and target ids [batch, time] to logits [batch, time, vocab] (Vaswani et al. 2017; Raffel et al. 2020). Both
 * sides share the embeddings.
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
  head = tiedHead() as unknown as Head,
  ...parts
}: EncoderDecoderParts<Encoder, Decoder, Positions, Norm, Head>) =>
  define({ inputs: inputs(parts), encoder, decoder, head }, (bound, source: Tensor<2>, target: Tensor<2>, call: SequenceCall = {}): Tensor => {
    const side = bound as unknown as BoundSequence;
    const shared = call.shared ?? new Shared(source.device);
    return writeTarget(side, readSource(side, source, { ...call, shared }), target, { ...call, shared });
  });

/** The parts that every encoder-decoder has. */
export interface EncoderDecoderShape {
  /** Token ids to states. */
  readonly inputs: ReturnType<typeof inputs>;
  /** Reads the source. */
  readonly encoder: Stack;
  /** Writes the target. */
  readonly decoder: Stack;
  /** Scores the vocabulary. */
  readonly head: VocabularyHead;
}

/** Bound parts as the computation uses them. */
export interface BoundSequence {
  /** Token ids to states. */
  readonly inputs: ((tokens: Tensor<2>, call: Call) => Tensor) & { readonly params: { readonly tokens: { readonly weight: Tensor } } };
  /** The encoder's stack. */
  readonly encoder: unknown;
  /** The decoder's stack. */
  readonly decoder: unknown;
  /** The head. */
  readonly head: unknown;
}

/** The encoder's states [batch, keys, dim]. */
export function readSource(bound: BoundSequence, source: Tensor<2>, { sourceMask = full, ...call }: SequenceCall): Tensor {
  const { cache: _, start: _start, ...rest } = call;
  const encoding: Call = { ...rest, mask: sourceMask, ...(call.random ? { random: call.random.split("encoder") } : {}) };
  return runStack(bound.encoder, bound.inputs(source, encoding), encoding, "encoder");
}

/** The logits [batch, time, vocab] of target tokens beside the encoder's states. */
export function writeTarget(bound: BoundSequence, states: Tensor, target: Tensor<2>, { mask = causal, sourceMask = full, ...call }: SequenceCall): Tensor {
  const decoding: Call = { ...call, mask, memory: { states, mask: sourceMask } };
  const written = runStack(bound.decoder, bound.inputs(target, decoding), decoding, "decoder");
  return (bound.head as (states: Tensor, embeddings: Tensor) => Tensor)(written, bound.inputs.params.tokens.weight);
}

/**
 * One stack that reads both sides (T5's shared encoder-decoder): the parts and parameters of a language model whose blocks have
 * cross-attention. The source is read without a memory, the target with the source's states as its memory.
 */
export const sharedEncoderDecoder = <Parts extends LanguageModelShape>(model: Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>) =>
  define(model.parts as Parts, (bound, source: Tensor<2>, target: Tensor<2>, { mask = causal, sourceMask = full, ...call }: SequenceCall = {}): Tensor => {
    const both = bound as unknown as { readonly body: unknown; readonly head: unknown };
    const shared = call.shared ?? new Shared(source.device);
    const states = readTokens(both, source, { ...call, shared, mask: sourceMask, ...(call.random ? { random: call.random.split("encoder") } : {}) });
    return scoreStates(both, readTokens(both, target, { ...call, shared, mask, memory: { states, mask: sourceMask } }));
  });
