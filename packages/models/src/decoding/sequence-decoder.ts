import { Cache, type CacheState, type Caching, doublingCache, emptyCache, forkCache, type Looking, rewindCache, selectCache } from "@ashlar/attention";
import { padding } from "@ashlar/mask";
import { bind, type ParamsOf } from "@ashlar/nn";
import { fromData, squeeze, type Tensor, take, tensors } from "@ashlar/tensor";
import type { EncoderDecoder } from "../encoder-decoder.ts";
import { expectRows, padded, table } from "./rows.ts";
import { Steps, type StepTokens } from "./steps.ts";
import { type Represented, type StepwiseDecoder, scored } from "./stepwise.ts";

/** What an encoder-decoder keeps from step to step. */
export interface SequenceState {
  /** The source's states [batch, keys, dim]. */
  readonly memory: Tensor;
  /** How many of them are each row's own. */
  readonly lengths: readonly number[];
  /** Keys and values of the target so far, and of the source. */
  readonly cache: CacheState;
}

/** What reading gives. */
interface Reading {
  readonly logits: Tensor;
  readonly states: Tensor;
  readonly cache: CacheState;
}

/** How a target begins, and is kept. */
export interface SequenceDecoderOptions extends Looking {
  /** Its first token; 0 unless said, T5's padding. */
  readonly start?: number;
  /** How the target's keys and values are kept, `doublingCache()` unless said; those of the source are computed once. */
  readonly cache?: Caching;
}

/**
 * An encoder-decoder and its parameters as something that `generate` can drive: the prompts are sources, padded on the right and encoded
 * once; the keys and values of cross-attention are computed once too.
 *
 * `begin` throws ModelsError when a source is empty; `step` and `extend` when there aren't as many tokens as rows, or rows differ in length. A
 * cache throws AttentionError when there is no place for more, and when a state is continued twice that had to be forked.
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
  { start = 0, cache: caching = doublingCache(), ...look }: SequenceDecoderOptions = {},
): StepwiseDecoder<SequenceState> {
  const device = (tensors(params)[0] as Tensor).device;
  const [encode, toStates, toLogits] = [bind(model.encode, params), bind(model.read, params), bind(model.score, params)];
  const steps = new Steps<Reading>(device, caching, look);
  /** Reads ids [rows, width] after what the cache holds: logits [rows, width, vocab]. */
  const read = ({ ids, ...replayed }: StepTokens, { memory, lengths, cache: before }: SequenceState): Reading => {
    const cache = new Cache(before, caching);
    const target = fromData(ids, [lengths.length, ids.length / lengths.length], { device, ...replayed });
    const states = toStates(memory, target, { sourceMask: padding(lengths), cache, ...look });
    return { logits: toLogits(states), states, cache: cache.state };
  };
  const step = (next: readonly number[], { memory, lengths, cache: before }: SequenceState): Represented<SequenceState> => {
    expectRows(next, lengths.length);
    const { logits, states, cache } = steps.take(Int32Array.from(next), before, [memory, lengths], (given) => read(given, { memory, lengths, cache: before }));
    return { logits: squeeze(logits, 1), states, state: { memory, lengths, cache } };
  };
  const begin = (sources: readonly (readonly number[])[]): Represented<SequenceState> => {
    const { ids, width } = padded(sources, "right", "sequenceDecoder");
    const lengths = sources.map((source) => source.length);
    const memory = encode(fromData(ids, [sources.length, width], { device }), { sourceMask: padding(lengths), ...look });
    return step(new Array<number>(sources.length).fill(start), { memory, lengths, cache: emptyCache });
  };
  return {
    start: [start],
    begin: (sources) => scored(begin(sources)),
    step: (tokens, state) => scored(step(tokens, state)),
    representing: { begin, step },
    extend(tokens, state) {
      expectRows(tokens, state.lengths.length);
      const { logits, cache } = read({ ids: table(tokens) }, state);
      return { logits, state: { ...state, cache } };
    },
    rewind: (state, count) => ({ ...state, cache: rewindCache(state.cache, count, caching) }),
    select: ({ memory, lengths, cache }, rows) => ({
      memory: take(memory, fromData(rows, [rows.length], { device }), 0),
      lengths: Array.from(rows, (row) => lengths[row] as number),
      cache: selectCache(cache, rows),
    }),
    fork: (state) => ({ ...state, cache: forkCache(state.cache, caching) }),
  };
}
