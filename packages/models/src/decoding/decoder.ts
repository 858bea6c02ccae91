import { Cache, type CacheState, type Caching, doublingCache, emptyCache, forkCache, type Looking, rewindCache, selectCache } from "@ashlar/attention";
import { and, causal, leftPadding, type Mask, selectRows } from "@ashlar/mask";
import { bind, type ParamsOf } from "@ashlar/nn";
import { concat, fromData, scoped, slice, squeeze, type Tensor, tensors } from "@ashlar/tensor";
import type { LanguageModel } from "../language-model.ts";
import { firstChange, pieces } from "./reading.ts";
import { expectChunk, expectRows, padded, table } from "./rows.ts";
import { restoreDecoding, type SavedDecoding } from "./saved.ts";
import { Steps, type StepTokens } from "./steps.ts";
import { type Decoded, type Represented, type StepwiseDecoder, scored } from "./stepwise.ts";
import { TokenHistory } from "./token-history.ts";

/** What a language model keeps from step to step. */
export interface DecodingState {
  /** Keys and values of the positions read so far, as far as they are kept. */
  readonly cache: CacheState;
  /** How many positions were the prompt, padding included. */
  readonly promptLength: number;
  /** Which positions each prompt sees. */
  readonly mask: Mask;
  /** How many places each prompt was padded on the left. */
  readonly pads: readonly number[];
  /** The prompt that each row continues. */
  readonly rows: readonly number[];
  /** What each row has read, padding included. */
  readonly read: readonly TokenHistory[];
}

/** How a language model reads its prompt, and keeps what it read. */
export interface DecoderOptions extends Looking {
  /**
   * The mask for prompts padded on the left to a length; `() => causal` unless said. A prefix model: `(length) => or(causal, prefix(length))`.
   */
  readonly mask?: (promptLength: number) => Mask;
  /**
   * How keys and values are kept: `doublingCache()` unless said; `fixedCache({ length })`, `slidingCache({ window })`, one of your own, or a
   * function from a layer's path to one.
   */
  readonly cache?: Caching;
  /**
   * The prompt is read in pieces of about so many positions, which bounds the memory that reading takes; at once unless said. What sees itself
   * both ways stays in one piece.
   */
  readonly chunk?: number;
}

/** A language model as a decoder: it can also be given more of a prompt, and be put together from files. */
export interface LanguageModelDecoder extends StepwiseDecoder<DecodingState> {
  /**
   * Reads more of the prompt, as many tokens in each row: a second turn. The mask is asked for again with the new length, and what it makes
   * necessary is read again, and only that: nothing under a causal mask, all of it where a prefix that sees both ways grows.
   */
  continueWith(tokens: readonly (readonly number[])[], state: DecodingState): Decoded<DecodingState>;
  /** A decoder whose prompts continue a state, which stays as it is: `generate(reader.from(state), secondTurn, …)`. */
  from(state: DecodingState): LanguageModelDecoder;
  /** Puts a saved state together again; the cache may have been of another kind. */
  restore(saved: SavedDecoding): DecodingState;
}

/**
 * A language model and its parameters as something that `generate` can drive: prompts of different lengths are padded on the left, keys and
 * values are kept in a cache. After prompts only the last position is scored.
 *
 * `begin` throws ModelsError when a prompt is empty; `step` when there aren't as many tokens as rows, `extend` and `continueWith` when rows
 * differ in length. A cache throws AttentionError when there is no place for more, and when a state is continued twice that had to be forked.
 *
 * @throws ModelsError unless `chunk` is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { fixedCache } from "@ashlar/attention";
 * import { causal, or, prefix } from "@ashlar/mask";
 * import { decoder, type LanguageModel } from "@ashlar/models";
 * import type { ParamsOf } from "@ashlar/nn";
 * const prefixDecoder = <Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>) =>
 *   decoder(model, params, { mask: (length) => or(causal, prefix(length)), cache: fixedCache({ length: 2048 }) });
 * ```
 */
export function decoder<Parts>(
  model: LanguageModel<Parts>,
  params: ParamsOf<Parts>,
  { mask: maskOf = () => causal, cache: caching = doublingCache(), chunk = Number.POSITIVE_INFINITY, ...look }: DecoderOptions = {},
): LanguageModelDecoder {
  expectChunk(chunk);
  const device = (tensors(params)[0] as Tensor).device;
  const [toStates, toLogits] = [bind(model.read, params), bind(model.score, params)];
  const steps = new Steps<Reading>(device, caching, look);

  const visibleTo = (promptLength: number, pads: readonly number[]): Mask =>
    pads.some((pad) => pad > 0) ? and(maskOf(promptLength), leftPadding(pads)) : maskOf(promptLength);
  const ofRows = (mask: Mask, pads: readonly number[], rows: readonly number[]): Mask =>
    mask.rows === undefined || allOf(pads.length, rows) ? mask : selectRows(mask, rows);

  /** Reads ids [rows, width] after what the cache holds: their states, and the cache to go on with. */
  const statesOf = ({ ids, ...replayed }: StepTokens, state: DecodingState): readonly [states: Tensor, cache: CacheState] => {
    const { cache: before, mask, pads, rows } = state;
    const width = ids.length / rows.length;
    const cache = new Cache(before, caching);
    // positions count from each row's first token, as Hugging Face counts them; those of the padding itself are never seen
    const own = rows.map((row) => before.length - (pads[row] as number));
    const positions = ids.map((_, index) => Math.max(0, (own[Math.floor(index / width)] as number) + (index % width)));
    const shifted = pads.some((pad) => pad > 0) ? { positions } : {};
    const states = toStates(fromData(ids, [rows.length, width], { device, ...replayed }), { mask: ofRows(mask, pads, rows), cache, ...shifted, ...look });
    return [states, cache.state];
  };
  const after = (ids: Int32Array, { read, ...before }: DecodingState, cache: CacheState): DecodingState => {
    const width = ids.length / before.rows.length;
    return { ...before, cache, read: read.map((tokens, row) => tokens.with(ids.subarray(row * width, (row + 1) * width))) };
  };
  const read = (ids: Int32Array, state: DecodingState): readonly [states: Tensor, state: DecodingState] => {
    const [states, cache] = statesOf({ ids }, state);
    return [states, after(ids, state, cache)];
  };
  const scores = (states: Tensor): Tensor => squeeze(toLogits(slice(states, 1, { start: -1 })), 1);
  const next = (ids: Int32Array, before: DecodingState): Represented<DecodingState> => {
    const [states, state] = read(ids, before);
    steps.follow(state.cache);
    return { logits: scores(states), state, states };
  };
  /** Reads a prompt, or what there is of it from the cache's end on, piece by piece. The states are the last piece's, unless all are wanted. */
  const readPrompt = (texts: readonly (readonly number[])[], before: DecodingState, wanted?: "all"): Represented<DecodingState> => {
    const { length } = before.cache;
    const stretch = { from: length, to: length + (texts[0]?.length ?? 0), rows: texts.length };
    const ends = chunk < stretch.to - length ? pieces(ofRows(before.mask, before.pads, before.rows), chunk, stretch) : [stretch.to];
    let state = before;
    const earlier: Tensor[] = [];
    for (const end of ends.slice(0, -1)) {
      const ids = table(texts, state.cache.length - length, end - length);
      const given = state;
      // only keys and values outlive a piece, and they only until the next one
      const piece = scoped(() => {
        const [states, state] = read(ids, given);
        return { state, states: wanted ? [states] : [] };
      });
      state = piece.state;
      earlier.push(...piece.states);
      if (given !== before) release(given, state);
    }
    const last = next(table(texts, state.cache.length - length, stretch.to - length), state);
    if (state !== before) release(state, last);
    return earlier.length > 0 ? { ...last, states: concat([...earlier, last.states], 1) } : last;
  };
  const begin = (prompts: readonly (readonly number[])[], wanted?: "all"): Represented<DecodingState> => {
    const { ids, width } = padded(prompts, "left", "decoder");
    const pads = prompts.map((prompt) => width - prompt.length);
    const rows = prompts.map((_, row) => row);
    const texts = rows.map((row) => Array.from(ids.subarray(row * width, (row + 1) * width)));
    const mask = visibleTo(width, pads);
    return readPrompt(texts, { cache: emptyCache, promptLength: width, mask, pads, rows, read: rows.map(() => TokenHistory.of([])) }, wanted);
  };
  const step = (tokens: readonly number[], state: DecodingState): Represented<DecodingState> => {
    expectRows(tokens, state.rows.length);
    const ids = Int32Array.from(tokens);
    const { cache, mask, pads, rows } = state;
    const { cache: read, ...scored } = steps.take(ids, cache, [mask, pads, rows], (given) => {
      const [states, cache] = statesOf(given, state);
      return { logits: scores(states), states, cache };
    });
    return { ...scored, state: after(ids, state, read) };
  };
  const continueWith = (tokens: readonly (readonly number[])[], state: DecodingState, wanted?: "all"): Represented<DecodingState> => {
    expectRows(tokens, state.rows.length);
    const { pads, rows, cache } = state;
    const promptLength = cache.length + (tokens[0]?.length ?? 0);
    table(tokens); // rows of one length
    const mask = visibleTo(promptLength, pads);
    const stretch = { from: cache.length, to: promptLength, rows: rows.length };
    const kept = firstChange(ofRows(state.mask, pads, rows), ofRows(mask, pads, rows), stretch);
    const before = self.rewind(state, cache.length - kept);
    const texts = tokens.map((more, row) => [...(state.read[row] as TokenHistory).from(kept), ...more]);
    return readPrompt(texts, { ...before, promptLength, mask }, wanted);
  };

  const self: LanguageModelDecoder = {
    begin: (prompts) => scored(begin(prompts)),
    step: (tokens, state) => scored(step(tokens, state)),
    representing: { begin: (prompts) => begin(prompts, "all"), step },
    extend(tokens, before) {
      expectRows(tokens, before.rows.length);
      const [states, state] = read(table(tokens), before);
      return { logits: toLogits(states), state };
    },
    select: (state, rows) => ({
      ...state,
      cache: selectCache(state.cache, rows),
      rows: Array.from(rows, (row) => state.rows[row] as number),
      read: Array.from(rows, (row) => state.read[row] as TokenHistory),
    }),
    rewind(state, count) {
      const cache = rewindCache(state.cache, count, caching);
      return { ...state, cache, read: state.read.map((tokens) => tokens.first(cache.length)) };
    },
    fork: (state) => ({ ...state, cache: forkCache(state.cache, caching) }),
    continueWith: (tokens, state) => scored(continueWith(tokens, state)),
    from: (state) => ({
      ...self,
      begin: (prompts) => scored(continueWith(prompts, self.fork(state))),
      representing: { begin: (prompts) => continueWith(prompts, self.fork(state), "all"), step },
    }),
    restore: (saved) => restoreDecoding(saved, { caching, visibleTo }),
  };
  return self;
}

/** What a step gives. */
interface Reading {
  readonly logits: Tensor;
  readonly states: Tensor;
  readonly cache: CacheState;
}

/** Whether the rows are those of all prompts, in their order. */
const allOf = (count: number, rows: readonly number[]): boolean => rows.length === count && rows.every((row, index) => row === index);

/** Frees what a piece left and the next one doesn't need. */
function release(before: unknown, after: unknown): void {
  const kept = new Set(tensors(after).map(({ storage }) => storage));
  for (const { storage } of tensors(before)) if (!kept.has(storage)) storage.free("a piece of a prompt");
}
