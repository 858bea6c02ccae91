import { Cache, type CacheState, type Caching, emptyCache, forkCache, growingCache, type Looking, selectCache } from "@ashlar/attention";
import { padding } from "@ashlar/mask";
import { bind, type ParamsOf } from "@ashlar/nn";
import { fromData, squeeze, type Tensor, take, tensors } from "@ashlar/tensor";
import type { EncoderDecoder } from "../encoder-decoder.ts";
import { expectRows, padded } from "./rows.ts";
import type { Decoded, StepwiseDecoder } from "./stepwise.ts";

/** What an encoder-decoder keeps from step to step. */
export interface SequenceState {
  /** The source's states [batch, keys, dim]. */
  readonly memory: Tensor;
  /** How many of them are each row's own. */
  readonly lengths: readonly number[];
  /** Keys and values of the target so far, and of the source. */
  readonly cache: CacheState;
}

/** How a target begins, and is kept. */
export interface SequenceDecoderOptions extends Looking {
  /** Its first token; 0 unless said, T5's padding. */
  readonly start?: number;
  /** How the target's keys and values are kept, `growingCache()` unless said; those of the source are computed once. */
  readonly cache?: Caching;
}

/**
 * An encoder-decoder and its parameters as something that `generate` can drive: the prompts are sources, padded on the right and encoded
 * once; the keys and values of cross-attention are computed once too.
 *
 * `begin` throws ModelsError when a source is empty.
 *
 * @example
 * ```ts
 * import { type EncoderDecoder, sequenceDecoder } from "@ashlar/models";
 * import type { ParamsOf } from "@ashlar/nn";
 * const t5Decoder = <Parts>(model: EncoderDecoder<Parts>, params: ParamsOf<Parts>) => sequenceDecoder(model, params, { start: 0 });
 * ```
 */
export function sequenceDecoder<Parts>(
  model: EncoderDecoder<Parts>,
  params: ParamsOf<Parts>,
  { start = 0, cache: caching = growingCache(), ...look }: SequenceDecoderOptions = {},
): StepwiseDecoder<SequenceState> {
  const device = (tensors(params)[0] as Tensor).device;
  const [encode, answer] = [bind(model.encode, params), bind(model.write, params)];
  const write = (next: readonly number[], { memory, lengths, cache: before }: SequenceState): Decoded<SequenceState> => {
    expectRows(next, lengths.length);
    const cache = new Cache(before, caching);
    const target = fromData(Int32Array.from(next), [next.length, 1], { device });
    const logits = squeeze(answer(memory, target, { sourceMask: padding(lengths), cache, ...look }), 1);
    return { logits, state: { memory, lengths, cache: cache.state } };
  };
  return {
    start: [start],
    begin(sources) {
      const { ids, width } = padded(sources, "right", "sequenceDecoder");
      const lengths = sources.map((source) => source.length);
      const memory = encode(fromData(ids, [sources.length, width], { device }), { sourceMask: padding(lengths), ...look });
      return write(new Array<number>(sources.length).fill(start), { memory, lengths, cache: emptyCache });
    },
    step: write,
    select: ({ memory, lengths, cache }, rows) => ({
      memory: take(memory, fromData(rows, [rows.length], { device }), 0),
      lengths: Array.from(rows, (row) => lengths[row] as number),
      cache: selectCache(cache, rows),
    }),
    fork: (state) => ({ ...state, cache: forkCache(state.cache, caching) }),
  };
}
