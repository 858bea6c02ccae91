import { onlyKnown } from "../check.ts";
import type { End, Piece } from "../piece.ts";
import { type TextMatcher, textMatcher } from "./text-matcher.ts";

/** Decodes the ids of one row, one after the other: never half a character, so often "". Tokenizers of `@ashlar/text` make them. */
export interface TextStream {
  /** Takes the next id and returns the text that is now certain. */
  push(id: number): string;
  /** Returns what was held back. */
  end(): string;
}

/** Some text of one row. */
export interface TextPiece {
  /** Which row it continues. */
  readonly row: number;
  /** The text: never "", but for the last piece of a row. */
  readonly text: string;
  /** Why the row ends with it; undefined while it goes on. */
  readonly end?: End;
}

/** What text is left out. */
export interface ReadTextOptions {
  /** The strings of `stopStrings`: a row's text ends before the first of them, and what may become one is held back until it is certain. */
  readonly stop?: string | readonly string[];
}

/**
 * The text of a run, as soon as it is certain, each row's in order; the rows keep taking turns.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, readText, stopStrings } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * declare const tokenizer: { stream(): { push(id: number): string; end(): string } };
 * const stream = () => tokenizer.stream();
 * const stop = ["\n\nUser:"];
 * const run = generate(decoder, [1, 2], { stop: stopStrings(stop, stream), maxTokens: 100 });
 * for await (const { text } of readText(run, stream, { stop })) process.stdout.write(text);
 * ```
 */
export async function* readText(
  pieces: AsyncIterable<Piece>,
  stream: () => TextStream,
  options: ReadTextOptions = {},
): AsyncGenerator<TextPiece, void, undefined> {
  onlyKnown("readText", options, ["stop"]);
  const { stop = [] } = options;
  const rows = new Map<number, { readonly stream: TextStream; readonly matcher: TextMatcher }>();
  for await (const { row, token, end } of pieces) {
    let reading = rows.get(row);
    if (!reading) {
      reading = { stream: stream(), matcher: textMatcher(stop) };
      rows.set(row, reading);
    }
    let text = reading.matcher.push(reading.stream.push(token));
    if (end) text += reading.matcher.push(reading.stream.end()) + reading.matcher.end();
    if (end) yield { row, text, end };
    else if (text !== "") yield { row, text };
  }
}
