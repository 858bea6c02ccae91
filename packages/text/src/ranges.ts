import { TextError } from "./errors.ts";
import type { EncodeOptions, Tokenizer } from "./tokenizer.ts";

/** Ids and where each one stands in the text: `text.slice(starts[i], ends[i])` holds what id i says. */
export interface EncodedRanges {
  /** The ids. */
  readonly ids: Int32Array;
  /** Where each begins, in UTF-16 units, at the beginning of a character. */
  readonly starts: Int32Array;
  /** Where each ends, in UTF-16 units, at the end of a character. Ids that share a character share its range. */
  readonly ends: Int32Array;
}

/**
 * Encodes a text and says where each id stands in it, for span prediction and labels of tokens. For tokenizers that keep
 * every byte: `bytes()`, `characters()`, byte-level BPE.
 * @throws TextError when the tokenizer changes texts, so that ids and characters cannot be matched.
 * @example
 * const { ids, starts } = encodeWithRanges(bytes(), "né"); // three ids, starts 0 1 1
 */
export function encodeWithRanges(tokenizer: Tokenizer, text: string, options: EncodeOptions = {}): EncodedRanges {
  const ids = tokenizer.encode(text, { addSpecialTokens: false, ...options });
  const whole = new TextEncoder().encode(text);
  const starts = new Int32Array(ids.length);
  const ends = new Int32Array(ids.length);
  // The UTF-16 range of the character that each byte belongs to.
  const from = new Int32Array(whole.length);
  const to = new Int32Array(whole.length);
  let unit = 0;
  let at = 0;
  for (const character of text) {
    const length = new TextEncoder().encode(character).length;
    from.fill(unit, at, at + length);
    to.fill(unit + character.length, at, at + length);
    at += length;
    unit += character.length;
  }
  at = 0;
  for (const [i, id] of ids.entries()) {
    const part = tokenizer.bytes(id);
    if (!part?.every((byte, j) => byte === whole[at + j])) {
      throw new TextError(
        `encodeWithRanges: id ${id} ("${tokenizer.token(id)}") does not say what stands at byte ${at} of the text; use a tokenizer that keeps every byte (bytes(), trainBPE())`,
      );
    }
    starts[i] = from[at] ?? unit;
    ends[i] = to[at + part.length - 1] ?? unit;
    at += part.length;
  }
  if (at !== whole.length)
    throw new TextError(`encodeWithRanges: the ids say ${at} of the text's ${whole.length} bytes; use a tokenizer that keeps every byte (bytes(), trainBPE())`);
  return { ids, starts, ends };
}
