import type { Tensor } from "@ashlar/tensor";

/** What a model says after reading: scores for the next token, and what it needs to read on. */
export interface Decoded<State> {
  /** Scores of every token to come next, one row each: float32 [batch, vocab]; after `extend` [batch, tokens, vocab]. */
  readonly logits: Tensor;
  /** What the next step begins with: a tree with tensors (caches). They belong to whoever asked, who frees them. */
  readonly state: State;
}

/** What a model says after reading, with the states that it says it from. */
export interface Represented<State> extends Decoded<State> {
  /**
   * The last hidden states of the positions just read, float32 [batch, positions, dim]. Where rows differ in length, as prompts do, those of a
   * row are the last ones.
   */
  readonly states: Tensor;
}

/** The two ways of reading, with the last hidden states of what is read. */
export interface Representing<State> {
  /** Reads the prompts as the decoder's own `begin`. */
  begin(prompts: readonly (readonly number[])[]): Represented<State>;
  /** Reads one more token a row as the decoder's own `step`. */
  step(tokens: readonly number[], state: State): Represented<State>;
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
  /** Reads and gives the last hidden states too: contrastive search compares what it might say with what was said. */
  readonly representing?: Representing<State>;
}
