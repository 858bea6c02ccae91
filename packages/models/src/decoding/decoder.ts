import { Cache, type CacheState, emptyCache } from "@ashlar/attention";
import { and, causal, leftPadding, type Mask } from "@ashlar/mask";
import { bind, type ParamsOf } from "@ashlar/nn";
import { fromData, slice, squeeze, type Tensor, tensors } from "@ashlar/tensor";
import type { LanguageModel } from "../language-model.ts";
import { padded } from "./padded.ts";
import type { Decoded, StepwiseDecoder } from "./stepwise.ts";

/** What a language model keeps from step to step. */
export interface DecodingState {
  /** Keys and values of all positions read so far. */
  readonly cache: CacheState;
  /** Which of them are seen. */
  readonly mask: Mask;
  /** How many places each row was padded on the left. */
  readonly pads: readonly number[];
}

/** How a language model reads its prompt. */
export interface DecoderOptions {
  /**
   * The mask for prompts padded on the left to a length; `() => causal` unless said. A prefix model: `(length) => or(causal, prefix(length))`.
   */
  readonly mask?: (promptLength: number) => Mask;
}

/**
 * A language model and its parameters as something that `generate` can drive: prompts of different lengths are padded on the left, keys and
 * values are kept in a growing cache. Only the last position is scored.
 *
 * `begin` throws ModelsError when a prompt is empty.
 *
 * @example
 * ```ts
 * import { or, causal, prefix } from "@ashlar/mask";
 * import { decoder, type LanguageModel } from "@ashlar/models";
 * import type { ParamsOf } from "@ashlar/nn";
 * const prefixDecoder = <Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>) =>
 *   decoder(model, params, { mask: (length) => or(causal, prefix(length)) });
 * ```
 */
export function decoder<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  { mask = () => causal }: DecoderOptions = {},
): StepwiseDecoder<DecodingState> {
  const device = (tensors(params)[0] as Tensor).device;
  const [toStates, toLogits] = [bind(model.read, params), bind(model.score, params)];
  const read = (ids: Int32Array, width: number, { cache: before, mask: visible, pads }: DecodingState): Decoded<DecodingState> => {
    const cache = new Cache(before);
    const start = cache.length;
    // positions count from each row's first token, as Hugging Face counts them; those of the padding itself are never seen
    const positions = ids.map((_, index) => Math.max(0, start + (index % width) - (pads[Math.floor(index / width)] as number)));
    const shifted = pads.some((pad) => pad > 0) ? { positions } : {};
    const states = toStates(fromData(ids, [pads.length, width], { device }), { mask: visible, start, cache, ...shifted });
    return { logits: squeeze(toLogits(slice(states, 1, { start: -1 })), 1), state: { cache: cache.state, mask: visible, pads } };
  };
  return {
    begin(prompts) {
      const { ids, width } = padded(prompts, "left", "decoder");
      const pads = prompts.map((prompt) => width - prompt.length);
      const visible = pads.some((pad) => pad > 0) ? and(mask(width), leftPadding(pads)) : mask(width);
      return read(ids, width, { cache: emptyCache, mask: visible, pads });
    },
    step: (next, state) => read(Int32Array.from(next), 1, state),
  };
}
