import { Cache, type CacheState, emptyCache, type Looking } from "@ashlar/attention";
import { and, causal, leftPadding, type Mask, selectRows } from "@ashlar/mask";
import { bind, type ParamsOf } from "@ashlar/nn";
import { fromData, slice, squeeze, type Tensor, tensors } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import type { LanguageModel } from "../language-model.ts";
import { cacheBefore, cacheOfRows } from "./caches.ts";
import { padded } from "./padded.ts";
import type { Decoded, StepwiseDecoder } from "./stepwise.ts";

/** What a language model keeps from step to step. */
export interface DecodingState {
  /** Keys and values of all positions read so far. */
  readonly cache: CacheState;
  /** Which of them each prompt sees. */
  readonly mask: Mask;
  /** How many places each prompt was padded on the left. */
  readonly pads: readonly number[];
  /** The prompt that each row continues. */
  readonly rows: readonly number[];
}

/** How a language model reads its prompt. */
export interface DecoderOptions extends Looking {
  /**
   * The mask for prompts padded on the left to a length; `() => causal` unless said. A prefix model: `(length) => or(causal, prefix(length))`.
   */
  readonly mask?: (promptLength: number) => Mask;
}

/** A language model as a decoder: it can also check several tokens at once, and take them back. */
export interface LanguageModelDecoder extends StepwiseDecoder<DecodingState> {
  /** Reads several more tokens a row, as many in each: logits [batch, tokens, vocab]. */
  extend(tokens: readonly (readonly number[])[], state: DecodingState): Decoded<DecodingState>;
  /** The state as it was before the last `count` tokens. */
  rewind(state: DecodingState, count: number): DecodingState;
}

/**
 * A language model and its parameters as something that `generate` can drive: prompts of different lengths are padded on the left, keys and
 * values are kept in a growing cache. After prompts only the last position is scored.
 *
 * `begin` throws ModelsError when a prompt is empty, `extend` when rows differ in length.
 *
 * @example
 * ```ts
 * import { causal, or, prefix } from "@ashlar/mask";
 * import { decoder, type LanguageModel } from "@ashlar/models";
 * import type { ParamsOf } from "@ashlar/nn";
 * const prefixDecoder = <Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>) =>
 *   decoder(model, params, { mask: (length) => or(causal, prefix(length)) });
 * ```
 */
export function decoder<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  { mask = () => causal, ...look }: DecoderOptions = {},
): LanguageModelDecoder {
  const device = (tensors(params)[0] as Tensor).device;
  const [toStates, toLogits] = [bind(model.read, params), bind(model.score, params)];

  /** Reads ids [rows, width] after what the cache holds: their states, and the state to go on with. */
  const read = (ids: Int32Array, width: number, state: DecodingState): readonly [states: Tensor, state: DecodingState] => {
    const { cache: before, mask, pads, rows } = state;
    const cache = new Cache(before);
    const visible = mask.rows === undefined || allOf(pads.length, rows) ? mask : selectRows(mask, rows);
    // positions count from each row's first token, as Hugging Face counts them; those of the padding itself are never seen
    const own = rows.map((row) => before.length - (pads[row] as number));
    const positions = ids.map((_, index) => Math.max(0, (own[Math.floor(index / width)] as number) + (index % width)));
    const shifted = pads.some((pad) => pad > 0) ? { positions } : {};
    const states = toStates(fromData(ids, [rows.length, width], { device }), { mask: visible, cache, ...shifted, ...look });
    return [states, { ...state, cache: cache.state }];
  };
  const next = (ids: Int32Array, width: number, before: DecodingState): Decoded<DecodingState> => {
    const [states, state] = read(ids, width, before);
    return { logits: squeeze(toLogits(slice(states, 1, { start: -1 })), 1), state };
  };
  return {
    begin(prompts) {
      const { ids, width } = padded(prompts, "left", "decoder");
      const pads = prompts.map((prompt) => width - prompt.length);
      const visible = pads.some((pad) => pad > 0) ? and(mask(width), leftPadding(pads)) : mask(width);
      return next(ids, width, { cache: emptyCache, mask: visible, pads, rows: prompts.map((_, row) => row) });
    },
    step: (tokens, state) => next(Int32Array.from(tokens), 1, state),
    extend(tokens, before) {
      const width = tokens[0]?.length ?? 0;
      const other = tokens.findIndex((row) => row.length !== width || width === 0);
      if (other >= 0) throw new ModelsError(`decoder: expected rows of ${width || "some"} tokens to read, got ${tokens[other]?.length} in row ${other}`);
      const [states, state] = read(Int32Array.from(tokens.flat()), width, before);
      return { logits: toLogits(states), state };
    },
    select: (state, rows) => ({ ...state, cache: cacheOfRows(state.cache, rows), rows: Array.from(rows, (row) => state.rows[row] as number) }),
    rewind: (state, count) => ({ ...state, cache: cacheBefore(state.cache, count) }),
  };
}

/** Whether the rows are those of all prompts, in their order. */
const allOf = (count: number, rows: readonly number[]): boolean => rows.length === count && rows.every((row, index) => row === index);
