import { wholeNumber } from "./check.ts";
import { DataError } from "./errors.ts";
import { type Tokens, tokenIds } from "./tokens.ts";

/** The settings of a shift to the right. */
export interface ShiftRightOptions {
  /** The id that stands first, and first in each segment. T5: the padding id, 0. */
  readonly start: number;
  /** The segment of each position, where a row holds several documents. */
  readonly segments?: Tokens;
}

/**
 * Decoder inputs: every token moves one place to the right behind the start token, the last one falls off.
 * `[11, 12, 13]` with start 0 gives `[0, 11, 12]`; each segment begins with the start token (seqio: `make_autoregressive_inputs`).
 */
export function shiftRight(tokens: Tokens, { start, segments }: ShiftRightOptions): Int32Array {
  wholeNumber("shiftRight", "start", start, 0);
  const ids = tokenIds("shiftRight", tokens);
  sameLength("shiftRight", "segments", segments, ids.length);
  return ids.map((_, i) => (i === 0 || (segments && segments[i] !== segments[i - 1]) ? start : ids[i - 1]!));
}

/** The settings of a shift to the left. */
export interface ShiftLeftOptions {
  /** What stands where nothing is predicted. Hugging Face: -100. */
  readonly ignore: number;
  /** The padding id: predicting it is ignored too. */
  readonly pad?: number;
  /** The segment of each position; the last token of a segment predicts nothing. 0 is padding. */
  readonly segments?: Tokens;
}

/**
 * Labels of the same length: position i holds token i + 1, or `ignore` where there is none (the last position, the end of
 * a segment, padding).
 */
export function shiftLeft(tokens: Tokens, { ignore, pad, segments }: ShiftLeftOptions): Int32Array {
  const ids = tokenIds("shiftLeft", tokens);
  sameLength("shiftLeft", "segments", segments, ids.length);
  return ids.map((_, i) => (predictsNext(ids, i, pad, segments) ? ids[i + 1]! : ignore));
}

/** Whether position i has a next token to predict: in the row, in its segment, not padding. */
export function predictsNext(ids: Int32Array, i: number, pad: number | undefined, segments: Tokens | undefined): boolean {
  if (i + 1 >= ids.length || ids[i + 1] === pad) return false;
  return !segments || (segments[i + 1] === segments[i] && segments[i]! > 0);
}

/** Throws unless an optional companion array is as long as the tokens. */
export function sameLength(where: string, name: string, companion: Tokens | undefined, length: number): void {
  if (companion && companion.length !== length) {
    throw new DataError(`${where}: ${name} must have one entry a token, ${length}, got ${companion.length}`);
  }
}
