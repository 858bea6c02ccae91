import type { TextStream } from "./tokenizer.ts";

/** How many ids are decoded again with each new one; decoders look at neighbours, never further back than one character's bytes. */
const kept = 8;

/**
 * A stream over any decoder: decodes a short window of ids again with each new one and gives what the new one adds. A
 * replacement character at the end may be half a character, so it waits for the next id.
 */
export function streamOf(decode: (ids: readonly number[]) => string, skip: (id: number) => boolean): TextStream {
  let window: number[] = [];
  // How much of the window's text has been given.
  let given = 0;
  return {
    push(id) {
      if (skip(id)) return "";
      window.push(id);
      const text = decode(window);
      const certain = text.endsWith("\ufffd") ? text.length - 1 : text.length;
      const piece = text.slice(given, certain);
      given = Math.max(given, certain);
      if (certain === text.length && window.length >= 2 * kept) {
        window = window.slice(-kept);
        given = decode(window).length;
      }
      return piece;
    },
    end() {
      const piece = decode(window).slice(given);
      window = [];
      given = 0;
      return piece;
    },
  };
}
