import { GenerateError } from "../errors.ts";

/** Looks for strings in text that comes piece by piece. */
export interface TextMatcher {
  /** Takes the next piece and returns the text that is now certain to stand before any of the strings; "" for all that comes after one. */
  push(text: string): string;
  /** Returns what was held back, when nothing more comes. */
  end(): string;
  /** What is held back: the end of the text, which may be the beginning of one of the strings. */
  readonly held: string;
  /** The string that came; of several in one piece the one that begins first. Undefined while none has. */
  readonly found: string | undefined;
}

/**
 * Makes a matcher for strings that may begin in one piece of text and end in another: it holds back what may become part of one of them, and
 * cuts the text where the first begins. Without strings it lets everything pass.
 *
 * @throws GenerateError for an empty string.
 *
 * @example
 * ```ts
 * import { textMatcher } from "@ashlar/generate";
 * const matcher = textMatcher(["\n\nUser:"]);
 * console.log(matcher.push("Hello\n"), matcher.push("\nUs"), matcher.push("er: hi"), matcher.found); // "Hello", "", "", "\n\nUser:"
 * ```
 */
export function textMatcher(strings: string | readonly string[]): TextMatcher {
  const all = typeof strings === "string" ? [strings] : [...strings];
  if (all.includes("")) throw new GenerateError("textMatcher: expected strings of at least one character, got an empty one");
  let held = "";
  let found: string | undefined;
  return {
    push(text) {
      if (found !== undefined) return "";
      held += text;
      let cut = held.length;
      for (const string of all) {
        const at = held.indexOf(string);
        if (at >= 0 && (at < cut || found === undefined)) [cut, found] = [at, string];
      }
      if (found === undefined) cut -= mayBegin(held, all);
      const certain = held.slice(0, cut);
      held = found === undefined ? held.slice(cut) : "";
      return certain;
    },
    end() {
      const rest = held;
      held = "";
      return rest;
    },
    get held() {
      return held;
    },
    get found() {
      return found;
    },
  };
}

/** How much of the end of a text may be the beginning of one of the strings. */
function mayBegin(text: string, strings: readonly string[]): number {
  let most = 0;
  for (const string of strings)
    for (let length = Math.min(string.length - 1, text.length); length > most; length--) if (text.endsWith(string.slice(0, length))) most = length;
  return most;
}
