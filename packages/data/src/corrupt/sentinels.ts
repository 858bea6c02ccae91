import { wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import type { Corruption } from "./corruption.ts";

/** Which ids stand for the spans of a text. */
export interface SentinelOptions {
  /** The size of the vocabulary: the first span becomes id vocab − 1, the next vocab − 2, and so on. */
  readonly vocab: number;
  /** How many ids at the end of the vocabulary are sentinels. Default: 100, as in T5. */
  readonly sentinels?: number;
}

/**
 * Each span of noise becomes one sentinel; sentinels are unique in a text and their ids **descend** from vocab − 1
 * (T5: `noise_span_to_unique_sentinel`).
 * Its corruption throws DataError when a text has more spans than there are sentinels.
 */
export function spansToSentinels({ vocab, sentinels = 100 }: SentinelOptions): Corruption {
  wholeNumber("spansToSentinels", "vocab", vocab);
  wholeNumber("spansToSentinels", "sentinels", sentinels, 1, vocab);
  return (tokens, noise) => {
    let spans = 0;
    return replaceSpans(tokens, noise, () => {
      spans++;
      if (spans > sentinels) {
        throw new DataError(
          `spansToSentinels: the text has more than ${sentinels} spans of noise, one for each sentinel; take longer spans, shorter texts or more sentinels`,
        );
      }
      return vocab - spans;
    });
  };
}

/** Each span of noise becomes the same id (T5: `noise_span_to_sentinel`). */
export function spansToMask(id: number): Corruption {
  wholeNumber("spansToMask", "id", id, 0);
  return (tokens, noise) => replaceSpans(tokens, noise, () => id);
}

function replaceSpans(tokens: Int32Array, noise: Uint8Array, sentinel: () => number): Int32Array {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (!noise[i]) out.push(tokens[i]!);
    else if (i === 0 || !noise[i - 1]) out.push(sentinel());
  }
  return Int32Array.from(out);
}
