/** Cuts streamed text at the first of some strings, and never lets out a part of one. */
export interface Until {
  /** Takes the next piece; gives what is certain to stand before any of the strings, and whether one has come. */
  push(piece: string): { readonly text: string; readonly found: boolean };
  /** What was held back, when the text ends without any of them. */
  end(): string;
}

/** Text until the first of some strings. */
export function until(strings: readonly string[]): Until {
  let held = "";
  return {
    push(piece) {
      held += piece;
      const at = strings.map((string) => held.indexOf(string)).filter((index) => index >= 0);
      if (at.length > 0) {
        const text = held.slice(0, Math.min(...at));
        held = "";
        return { text, found: true };
      }
      // the longest end that one of the strings begins with may become it
      const longest = Math.max(0, ...strings.map((string) => string.length - 1));
      const keep = Array.from({ length: Math.min(longest, held.length) }, (_, index) => index + 1).findLast((length) =>
        strings.some((string) => string.startsWith(held.slice(-length))),
      );
      const text = keep === undefined ? held : held.slice(0, -keep);
      held = held.slice(text.length);
      return { text, found: false };
    },
    end() {
      const text = held;
      held = "";
      return text;
    },
  };
}
