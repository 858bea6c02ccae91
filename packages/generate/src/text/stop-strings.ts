import type { Stop } from "../strategy.ts";
import type { TextStream } from "./read-text.ts";
import { type TextMatcher, textMatcher } from "./text-matcher.ts";

/**
 * Ends a row when the text that was generated contains one of the strings, however its tokens divide it: an entry for the option `stop`. `stream`
 * makes a decoder for a row, id by id, as a tokenizer's does. To show text without the string, and without what may become one, read it with
 * `readText`.
 *
 * @throws GenerateError for an empty string.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, stopStrings } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * declare const tokenizer: { stream(): { push(id: number): string; end(): string } };
 * const run = generate(decoder, [1, 2], { stop: [0, stopStrings("\n\nUser:", () => tokenizer.stream())] });
 * ```
 */
export function stopStrings(strings: string | readonly string[], stream: () => TextStream): Stop {
  textMatcher(strings);
  // How far each row has been read. A row keeps its list of ids while tokens are added to it; beams come with new ones, which are read anew.
  const known = new WeakMap<readonly number[], { readonly text: TextStream; readonly matcher: TextMatcher; read: number }>();
  return ({ ids, promptLength }) => {
    let row = known.get(ids);
    if (!row || row.read > ids.length) {
      row = { text: stream(), matcher: textMatcher(strings), read: promptLength };
      known.set(ids, row);
    }
    for (; row.read < ids.length; row.read++) row.matcher.push(row.text.push(ids[row.read] as number));
    return row.matcher.found !== undefined;
  };
}
