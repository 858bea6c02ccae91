import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import type { EncoderDecoderExample } from "../example.ts";
import { shiftRight } from "../shift.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of a packed pair. */
export interface PackPrefixPairOptions {
  /** How many tokens of the first text the encoder reads. */
  readonly split: number;
  /** The padding id: predicting it does not count. Default: 0, which also starts each decoder segment. */
  readonly pad?: number;
}

/**
 * Two texts of one length as one full encoder-decoder example: the encoder reads the first `split` tokens of one and the
 * first `length − split` of the other, the decoder predicts the rest of each, so both sides are exactly `length` long
 * (T5: `pack_prefix_lm_encoder_decoder`).
 * @throws DataError when the lengths differ or the split lies outside the text.
 */
export function packPrefixPair(first: Tokens, second: Tokens, options: PackPrefixPairOptions): EncoderDecoderExample {
  onlyKnown("packPrefixPair", options, ["split", "pad"]);
  const { split, pad = 0 } = options;
  const a = tokenIds("packPrefixPair", first, 2);
  const b = tokenIds("packPrefixPair", second, 2);
  if (a.length !== b.length) throw new DataError(`packPrefixPair: both texts must have one length, got ${a.length} and ${b.length}`);
  const length = a.length;
  wholeNumber("packPrefixPair", "split", split, 1, length - 1);
  const inner = (cut: number) => Int32Array.from({ length }, (_, i) => (i < cut ? i : i - cut));
  const segment = (cut: number) => Int32Array.from({ length }, (_, i) => (i < cut ? 1 : 2));
  const targets = Int32Array.from([...a.subarray(split), ...b.subarray(length - split)]);
  const decoderSegments = segment(length - split);
  return {
    inputs: Int32Array.from([...a.subarray(0, split), ...b.subarray(0, length - split)]),
    decoderInputs: shiftRight(targets, { start: 0, segments: decoderSegments }),
    targets,
    lossWeights: Float32Array.from(targets, (token) => (token === pad ? 0 : 1)),
    segments: segment(split),
    positions: inner(split),
    decoderSegments,
    decoderPositions: inner(length - split),
  };
}
