import { onlyKnown, wholeNumber } from "../check.ts";
import type { EncoderDecoderExample } from "../example.ts";
import { shiftRight } from "../shift.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The ids that frame the two sides of an encoder-decoder example. */
export interface SequenceToSequenceOptions {
  /** The id that the decoder begins with. Default: 0, T5's padding. */
  readonly start?: number;
  /** Append this id to both sides. Default: none. */
  readonly end?: number;
}

/**
 * The encoder reads the source, the decoder predicts the target from the target shifted right; every target token counts.
 * @throws DataError when the target is empty and has no end.
 * @example
 * sequenceToSequence([5, 6], [7, 8], { end: 1 }); // inputs 5 6 1, decoderInputs 0 7 8, targets 7 8 1
 */
export function sequenceToSequence(source: Tokens, target: Tokens, options: SequenceToSequenceOptions = {}): EncoderDecoderExample {
  onlyKnown("sequenceToSequence", options, ["start", "end"]);
  const { start = 0, end } = options;
  const tail = end === undefined ? [] : [wholeNumber("sequenceToSequence", "end", end, 0)];
  const inputs = Int32Array.from([...tokenIds("sequenceToSequence: source", source), ...tail]);
  const targets = Int32Array.from([...tokenIds("sequenceToSequence: target", target, 1 - tail.length), ...tail]);
  return { inputs, decoderInputs: shiftRight(targets, { start }), targets, lossWeights: new Float32Array(targets.length).fill(1) };
}
