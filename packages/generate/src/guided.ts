import { add, logSoftmax, mul, sub, type Tensor } from "@ashlar/tensor";
import { finite, onlyKnown } from "./check.ts";
import type { Decoded, Decoder } from "./decoder.ts";

/** How a model is guided away from what it would say anyway. */
export interface GuidanceOptions {
  /** How far: 1 is the model as it is, more follows the prompt more closely. */
  readonly scale: number;
  /** The prompt without what is to count: an instruction left out, or its opposite. */
  without(prompt: readonly number[]): readonly number[];
}

/** The states of a decoder under two prompts. */
export interface GuidedState<State> {
  /** Under the prompt. */
  readonly given: State;
  /** Under the prompt without what is to count. */
  readonly without: State;
}

/**
 * Classifier-free guidance, Sanchez et al. 2023, [arXiv 2306.17806](https://arxiv.org/abs/2306.17806): a decoder that reads each text twice, and
 * whose scores are `u + scale · (c − u)` of the log-probabilities under the prompt (c) and under the other one (u).
 *
 * @throws GenerateError unless the scale is a number.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, guided } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * const run = generate(guided(decoder, { scale: 1.5, without: (prompt) => prompt.slice(-1) }), [4, 5, 6], { maxTokens: 20 });
 * ```
 */
export function guided<State>(decoder: Decoder<State>, options: GuidanceOptions): Decoder<GuidedState<State>> {
  onlyKnown("guided", options, ["scale", "without"]);
  const { scale, without } = options;
  finite("guided", "scale", scale);
  const both = (given: Decoded<State>, other: Decoded<State>): Decoded<GuidedState<State>> => ({
    logits: mix(logSoftmax(given.logits), logSoftmax(other.logits), scale),
    state: { given: given.state, without: other.state },
  });
  const { select, extend, rewind, start, representing } = decoder;
  return {
    begin: (prompts) => both(decoder.begin(prompts), decoder.begin(prompts.map((prompt) => without(prompt)))),
    step: (tokens, state) => both(decoder.step(tokens, state.given), decoder.step(tokens, state.without)),
    ...(start && { start }),
    // the states are those under the prompt
    ...(representing && {
      representing: {
        begin: (prompts: readonly (readonly number[])[]) => {
          const given = representing.begin(prompts);
          return { ...both(given, decoder.begin(prompts.map((prompt) => without(prompt)))), states: given.states };
        },
        step: (tokens: readonly number[], state: GuidedState<State>) => {
          const given = representing.step(tokens, state.given);
          return { ...both(given, decoder.step(tokens, state.without)), states: given.states };
        },
      },
    }),
    ...(select && {
      select: (state: GuidedState<State>, rows: Int32Array) => ({
        given: select.call(decoder, state.given, rows),
        without: select.call(decoder, state.without, rows),
      }),
    }),
    ...(extend && {
      extend: (tokens: readonly (readonly number[])[], state: GuidedState<State>) =>
        both(extend.call(decoder, tokens, state.given), extend.call(decoder, tokens, state.without)),
    }),
    ...(rewind && {
      rewind: (state: GuidedState<State>, count: number) => ({
        given: rewind.call(decoder, state.given, count),
        without: rewind.call(decoder, state.without, count),
      }),
    }),
  };
}

function mix(given: Tensor, other: Tensor, scale: number): Tensor {
  return add(other, mul(scale, sub(given, other)));
}
