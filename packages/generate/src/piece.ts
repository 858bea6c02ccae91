/** Why a row ended. */
export type End = "stop" | "length";

/** A token that might have come, and how likely it was. */
export interface Likely {
  /** The token. */
  readonly token: number;
  /** The natural logarithm of its probability in the model's own distribution, before any processor. */
  readonly logprob: number;
}

/** One token of one row. */
export interface Piece {
  /** Which row it continues, from 0: the prompts in their order, each as often as it has results (`samples`, or the beams that are kept). */
  readonly row: number;
  /** How many tokens its row got before it. */
  readonly step: number;
  /** The token. */
  readonly token: number;
  /** Why the row ends with it; undefined while it goes on. */
  readonly end?: End;
  /** With `logprobs`: the natural logarithm of the token's probability in the model's own distribution, before any processor. */
  readonly logprob?: number;
  /** With `logprobs` above 0: the likeliest tokens at this place, likeliest first. */
  readonly top?: readonly Likely[];
  /** On the last piece of a row found by search: its score, by which results are ranked. */
  readonly score?: number;
}
