import { Cache, type CacheState, emptyCache } from "@ashlar/attention";
import { type Mask, padding } from "@ashlar/mask";
import { bind, define, type Module, type ParamsOf } from "@ashlar/nn";
import { fromData, slice, squeeze, type Tensor, tensors } from "@ashlar/tensor";
import { type BoundSequence, type EncoderDecoderShape, readSource, type SequenceCall, writeTarget } from "../encoder-decoder.ts";
import { type Decoded, padded, type StepwiseDecoder } from "./decoder.ts";

/** What an encoder-decoder keeps from step to step. */
export interface SequenceState {
  /** The source's states [batch, keys, dim]. */
  readonly memory: Tensor;
  /** Which of them are seen. */
  readonly sourceMask: Mask;
  /** Keys and values of the target so far, and of the source. */
  readonly cache: CacheState;
}

/**
 * An encoder-decoder and its parameters as something that `generate` can drive: the prompts are sources, padded on the right and encoded
 * once; the target begins with the token `start` (T5: its padding, id 0).
 */
export function sequenceDecoder<Parts extends EncoderDecoderShape>(
  model: Module<Parts, [source: Tensor<2>, target: Tensor<2>, call?: SequenceCall], Tensor>,
  params: ParamsOf<Parts>,
  { start = 0 }: { readonly start?: number } = {},
): StepwiseDecoder<SequenceState> {
  const device = (tensors(params)[0] as Tensor).device;
  const parts = model.parts as Parts;
  const encode = bind(
    define(parts, (bound, source: Tensor<2>, call: SequenceCall): Tensor => readSource(bound as unknown as BoundSequence, source, call)),
    params,
  );
  const decode = bind(
    define(
      parts,
      (bound, memory: Tensor, target: Tensor<2>, call: SequenceCall): Tensor => writeTarget(bound as unknown as BoundSequence, memory, target, call),
    ),
    params,
  );
  const write = (next: readonly number[], memory: Tensor, sourceMask: Mask, before: CacheState): Decoded<SequenceState> => {
    const cache = new Cache(before);
    const target = fromData(Int32Array.from(next), [next.length, 1], { device });
    const logits = squeeze(slice(decode(memory, target, { sourceMask, cache }), 1, { start: -1 }), 1);
    return { logits, state: { memory, sourceMask, cache: cache.state } };
  };
  return {
    begin(sources) {
      const { ids, width } = padded(sources, "right");
      const sourceMask = padding(sources.map((source) => source.length));
      const memory = encode(fromData(ids, [sources.length, width], { device }), { sourceMask });
      return write(
        sources.map(() => start),
        memory,
        sourceMask,
        emptyCache,
      );
    },
    step: (next, { memory, sourceMask, cache }) => write(next, memory, sourceMask, cache),
  };
}
