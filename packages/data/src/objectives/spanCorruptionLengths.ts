import { wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { roundHalfToEven } from "../round.ts";

/** What fills rows of a wanted length after span corruption. */
export interface SpanCorruptionLengths {
  /** How many tokens of text to corrupt at a time. */
  readonly tokens: number;
  /** How long the targets become, with their end token. */
  readonly targets: number;
}

/** The settings that the lengths follow from. */
export interface SpanCorruptionLengthsOptions {
  /** The share of the tokens that is noise. Default: 0.15. */
  readonly density?: number;
  /** The mean length of a noise span. Default: 3. */
  readonly meanSpan?: number;
  /** Tokens that each span leaves in the inputs: its sentinel. Default: 1. */
  readonly extraInputs?: number;
  /** Tokens that each span adds to the targets: its sentinel. Default: 1. */
  readonly extraTargets?: number;
}

/**
 * How many tokens to corrupt so that the inputs, with their end token, fill `inputs` positions with no padding, and how
 * long the targets then are: 512 gives 568 and 114 (T5: `random_spans_helper`).
 */
export function spanCorruptionLengths(inputs: number, options: SpanCorruptionLengthsOptions = {}): SpanCorruptionLengths {
  const { density = 0.15, meanSpan = 3, extraInputs = 1, extraTargets = 1 } = options;
  wholeNumber("spanCorruptionLengths", "inputs", inputs, 2);
  if (!(density > 0 && density < 1)) throw new DataError(`spanCorruptionLengths: density must lie between 0 and 1, got ${density}`);
  // With spans shorter than their sentinel the inputs never grow past a bound, and no length would ever be the longest.
  if (!(meanSpan >= 1)) throw new DataError(`spanCorruptionLengths: meanSpan must be at least 1, got ${meanSpan}`);
  const lengths = (tokens: number) => {
    const noise = roundHalfToEven(tokens * density);
    const spans = roundHalfToEven(noise / meanSpan);
    return { inputs: tokens - noise + spans * extraInputs + 1, targets: noise + spans * extraTargets + 1 };
  };
  let tokens = inputs - 1;
  while (lengths(tokens + 1).inputs <= inputs) tokens++;
  const targets = lengths(tokens).targets;
  // T5's correction: at density 0.5 the targets would be one longer than the inputs.
  return density === 0.5 && targets > lengths(tokens).inputs ? { tokens: tokens - 1, targets: targets - 1 } : { tokens, targets };
}
