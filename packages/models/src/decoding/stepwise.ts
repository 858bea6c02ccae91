import type { Tensor } from "@ashlar/tensor";

/** The logits of the next token, and what the next step begins with. */
export interface Decoded<State> {
  /** [batch, vocab]; after `extend` [batch, tokens, vocab]. */
  readonly logits: Tensor;
  /** A tree with tensors: keep it by returning it from a scope. */
  readonly state: State;
}

/** The same, with the states that the logits are made of. */
export interface Represented<State> extends Decoded<State> {
  /** The last hidden states of the positions just read, [batch, positions, dim]; those of a row are the last ones. */
  readonly states: Tensor;
}

/** The ways of reading that give the states too. */
export interface Representing<State> {
  /** Reads the prompts. */
  begin(prompts: readonly (readonly number[])[]): Represented<State>;
  /** Reads one more token for each row. */
  step(tokens: readonly number[], state: State): Represented<State>;
}

/**
 * What `@ashlar/generate` asks of a model. A state is continued once, since a cache may be written in place: `fork` it before continuing it
 * again.
 */
export interface StepwiseDecoder<State> {
  /** Reads the prompts, one row each, of any lengths. */
  begin(prompts: readonly (readonly number[])[]): Decoded<State>;
  /** Reads one more token for each row. */
  step(tokens: readonly number[], state: State): Decoded<State>;
  /** Reads several more tokens a row, as many in each: logits [batch, tokens, vocab]. Speculative decoding checks guesses so. */
  extend(tokens: readonly (readonly number[])[], state: State): Decoded<State>;
  /** The state as it was before the last `count` tokens. */
  rewind(state: State, count: number): State;
  /** The state whose row i is what row `rows[i]` was: rows may be dropped, repeated and reordered, as beams are. */
  select(state: State, rows: Int32Array): State;
  /** The state for another continuation; free where the cache writes over nothing, a copy of it where it does. */
  fork(state: State): State;
  /** Reads as `begin` and `step`, and gives the last hidden states too: contrastive search compares them. */
  readonly representing: Representing<State>;
  /** The tokens that every text begins with, where the prompts are sources and no part of it. */
  readonly start?: readonly number[];
}

/** What was read without its states, which a scope then frees. */
export const scored = <State>({ logits, state }: Represented<State>): Decoded<State> => ({ logits, state });
