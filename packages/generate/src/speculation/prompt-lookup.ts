import { onlyKnown, wholeNumber } from "../check.ts";
import { GenerateError } from "../errors.ts";
import type { Drafter, DraftRow, Guess } from "./drafter.ts";

/** Which earlier places count as the same. */
export interface LookupOptions {
  /** The most last tokens that are looked for. Default: 3. */
  readonly longest?: number;
  /** The fewest. Default: 1. */
  readonly shortest?: number;
}

/**
 * Guesses that what followed the last tokens when they came before follows them again: for text that repeats its prompt, as summaries and edits
 * do. The longest run of last tokens that occurs earlier decides, of several places the latest. Where prompts are sources and no part of the
 * text, as an encoder-decoder's, what stands in the source counts as earlier. Saxena 2023, "Prompt lookup decoding".
 *
 * @throws GenerateError unless 1 ≤ shortest ≤ longest.
 */
export function promptLookup(options: LookupOptions = {}): Drafter {
  const where = "promptLookup";
  onlyKnown(where, options, ["longest", "shortest"]);
  const { longest = 3, shortest = Math.min(1, longest) } = options;
  wholeNumber(where, "longest", longest, 1);
  wholeNumber(where, "shortest", shortest, 1);
  if (shortest > longest) throw new GenerateError(`${where}: shortest (${shortest}) must be at most longest (${longest})`);
  return {
    name: where,
    begin: (prompts) => ({
      propose: async (rows, count) => rows.map((row) => (row.ended ? [] : followers(textOf(row, prompts[row.row] ?? []), longest, shortest, count))),
      free: () => {},
    }),
  };
}

/** All that a row may repeat: its tokens, with the source before them if there is one. */
function textOf({ ids, promptLength }: DraftRow, prompt: readonly number[]): readonly number[] {
  const within = promptLength === prompt.length && prompt.every((token, place) => token === ids[place]);
  return within ? ids : [...prompt, ...ids];
}

function followers(ids: readonly number[], longest: number, shortest: number, count: number): Guess[] {
  for (let length = Math.min(longest, ids.length - 1); length >= shortest; length--) {
    const tail = ids.length - length;
    for (let start = tail - 1; start >= 0; start--) {
      let same = 0;
      while (same < length && ids[start + same] === ids[tail + same]) same++;
      if (same === length) return ids.slice(start + length, start + length + count).map((token) => ({ token }));
    }
  }
  return [];
}
