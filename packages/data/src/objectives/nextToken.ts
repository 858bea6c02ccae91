import { onlyKnown } from "../check.ts";
import type { Example } from "../example.ts";
import { predictsNext, sameLength } from "../shift.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of next-token prediction; all optional. A packed row of `packDocuments` has the last two. */
export interface NextTokenOptions {
  /** The padding id: predicting it does not count. */
  readonly pad?: number;
  /** The segment of each token; the last of a segment predicts nothing, and 0 is padding. */
  readonly segments?: Tokens;
  /** The position of each token inside its document. */
  readonly positions?: Tokens;
}

/**
 * Language modelling: inputs are all tokens but the last, targets all but the first. One shorter than `tokens`.
 * @throws DataError for fewer than two tokens.
 * @example
 * nextToken([11, 12, 13]); // inputs 11 12, targets 12 13, weights 1 1
 */
export function nextToken(tokens: Tokens, options: NextTokenOptions = {}): Example {
  onlyKnown("nextToken", options, ["pad", "segments", "positions"]);
  const { pad, segments, positions } = options;
  const ids = tokenIds("nextToken", tokens, 2);
  sameLength("nextToken", "segments", segments, ids.length);
  sameLength("nextToken", "positions", positions, ids.length);
  const time = ids.length - 1;
  return {
    inputs: ids.slice(0, time),
    targets: ids.slice(1),
    lossWeights: Float32Array.from({ length: time }, (_, i) => (predictsNext(ids, i, pad, segments) ? 1 : 0)),
    ...(segments && { segments: Int32Array.from(segments).slice(0, time) }),
    ...(positions && { positions: Int32Array.from(positions).slice(0, time) }),
  };
}
