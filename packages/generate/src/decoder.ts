import type { Tensor } from "@ashlar/tensor";

/** What a model says after reading: scores for the next token, and what it needs to read on. */
export interface Decoded<State> {
  /** Scores of every token to come next, one row each: float32 [batch, vocab]; after `extend` [batch, tokens, vocab]. */
  readonly logits: Tensor;
  /** What the next step begins with: a tree with tensors (caches). They belong to whoever asked, who frees them. */
  readonly state: State;
}

/**
 * All that decoding asks of a model: it reads prompts, then token by token. Language models, prefix language models and encoder-decoders
 * satisfy it through the adapters of `@ashlar/models`; so does any two functions of yours. What else a decoder can do, some strategies need.
 *
 * Each call runs in a scope: only what it returns stays. A state is continued once, so a decoder may write its caches in place.
 */
export interface Decoder<State> {
  /** Reads the prompts, one row each, of any lengths. */
  begin(prompts: readonly (readonly number[])[]): Decoded<State>;
  /** Reads one more token a row. */
  step(tokens: readonly number[], state: State): Decoded<State>;
  /**
   * The tokens that every text begins with, where prompts are sources for an encoder and no part of the text. Left out, the text begins with
   * the prompt.
   */
  readonly start?: readonly number[];
  /**
   * The state whose row i is what row `rows[i]` was: a row may come several times (samples and beams that share a prefill) or not at all. Left
   * out, `selectRows` does it, which is right for trees of tensors with the batch as first axis.
   */
  select?(state: State, rows: Int32Array): State;
  /**
   * Reads several more tokens a row, as many in each, and gives the scores after every one: logits [batch, tokens, vocab]. Speculative decoding
   * checks guesses with it.
   */
  extend?(tokens: readonly (readonly number[])[], state: State): Decoded<State>;
  /** The state as it was before the last `count` tokens of each row were read; counted from the end, so no padding matters. Takes back guesses. */
  rewind?(state: State, count: number): State;
}
