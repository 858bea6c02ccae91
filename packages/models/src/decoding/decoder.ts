import { Cache, type CacheState, emptyCache } from "@ashlar/attention";
import { and, causal, leftPadding, type Mask } from "@ashlar/mask";
import { bind, define, type Module, type ParamsOf } from "@ashlar/nn";
import { fromData, slice, squeeze, type Tensor, tensors } from "@ashlar/tensor";
import type { Call } from "../call.ts";
import { type LanguageModelShape, readTokens, scoreStates } from "../language-model.ts";

/** The logits of the next token, and what the next step begins with. */
export interface Decoded<State> {
  /** [batch, vocab]. */
  readonly logits: Tensor;
  /** A tree with tensors: keep it by returning it from a scope. */
  readonly state: State;
}

/** What `@ashlar/generate` asks of a model. */
export interface StepwiseDecoder<State> {
  /** Reads the prompts, one row each. */
  begin(prompts: readonly (readonly number[])[]): Decoded<State>;
  /** Reads one more token for each row. */
  step(tokens: readonly number[], state: State): Decoded<State>;
}

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
  /** The mask for a prompt of a length; `() => causal` unless said. A prefix model: `(length) => or(causal, prefix(length))`. */
  readonly mask?: (promptLength: number) => Mask;
}

/** A table of token ids [rows, longest], each row padded on one side. */
export function padded(rows: readonly (readonly number[])[], side: "left" | "right", pad = 0): { readonly ids: Int32Array; readonly width: number } {
  const width = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * width).fill(pad);
  for (const [index, row] of rows.entries()) ids.set(row, index * width + (side === "left" ? width - row.length : 0));
  return { ids, width };
}

/**
 * A language model and its parameters as something that `generate` can drive: prompts of different lengths are padded on the left, keys and
 * values are kept in a growing cache.
 */
export function decoder<Parts extends LanguageModelShape>(
  model: Module<Parts, [tokens: Tensor<2>, call: Call], Tensor>,
  params: ParamsOf<Parts>,
  { mask = () => causal }: DecoderOptions = {},
): StepwiseDecoder<DecodingState> {
  const device = (tensors(params)[0] as Tensor).device;
  const lastLogits = bind(
    define(model.parts as Parts, (bound, tokens: Tensor<2>, call: Call): Tensor => {
      const both = bound as unknown as { readonly body: unknown; readonly head: unknown };
      return squeeze(scoreStates(both, slice(readTokens(both, tokens, call), 1, { start: -1 })), 1);
    }),
    params,
  );
  const read = (ids: Int32Array, width: number, cached: CacheState, visible: Mask, pads: readonly number[]): Decoded<DecodingState> => {
    const cache = new Cache(cached);
    const start = cache.length;
    const shifted = pads.some((pad) => pad > 0);
    const positions = ids.map((_, index) => Math.max(0, start + (index % width) - (pads[Math.floor(index / width)] as number)));
    const tokens = fromData(ids, [pads.length, width], { device });
    const logits = lastLogits(tokens, { mask: visible, start, cache, ...(shifted ? { positions } : {}) });
    return { logits, state: { cache: cache.state, mask: visible, pads } };
  };
  return {
    begin(prompts) {
      const { ids, width } = padded(prompts, "left");
      const pads = prompts.map((prompt) => width - prompt.length);
      const base = mask(width);
      const visible = pads.some((pad) => pad > 0) ? and(base, leftPadding(pads)) : base;
      return read(ids, width, emptyCache, visible, pads);
    },
    step: (next, { cache, mask: visible, pads }) => read(Int32Array.from(next), 1, cache, visible, pads),
  };
}
