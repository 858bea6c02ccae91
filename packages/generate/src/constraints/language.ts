/** Characters from the first code point to the last, both included. */
export type CharacterRange = readonly [first: number, last: number];

/** A set of texts, as regular expressions describe them. */
export type Language =
  | { readonly kind: "characters"; readonly ranges: readonly CharacterRange[] }
  | { readonly kind: "sequence"; readonly parts: readonly Language[] }
  | { readonly kind: "either"; readonly parts: readonly Language[] }
  | { readonly kind: "repeat"; readonly part: Language; readonly least: number; readonly most: number };

/** One character of some ranges. */
export const characters = (...ranges: readonly CharacterRange[]): Language => ({ kind: "characters", ranges });

/** One text after the other. */
export const sequence = (...parts: readonly Language[]): Language => ({ kind: "sequence", parts });

/** One text or another. */
export const either = (...parts: readonly Language[]): Language => ({ kind: "either", parts });

/** From `least` to `most` texts, one after the other. */
export const repeat = (part: Language, least: number, most: number): Language => ({ kind: "repeat", part, least, most });

/** Just this text. */
export function literal(text: string): Language {
  return sequence(...Array.from(text, (character) => characters([character.codePointAt(0) as number, character.codePointAt(0) as number])));
}

const last = 0x10ffff;

/** Ranges in order, without overlaps. */
export function merged(ranges: readonly CharacterRange[]): CharacterRange[] {
  const all: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const before = all.at(-1);
    if (before && from <= before[1] + 1) before[1] = Math.max(before[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** All characters that lie in none of the ranges. */
export function allBut(ranges: readonly CharacterRange[]): CharacterRange[] {
  const rest: CharacterRange[] = [];
  let next = 0;
  for (const [from, to] of merged(ranges)) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= last) rest.push([next, last]);
  return rest;
}
