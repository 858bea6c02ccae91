/** Characters from the first code point to the last, both included. */
export type CharacterRange = readonly [first: number, last: number];

/** A set of texts that has a name, so that it may be a part of itself. */
export interface Rule {
  /** Its name, for messages. */
  readonly name: string;
  /** Its texts: the same object at every call. */
  language(): Language;
}

/** A set of texts, as regular expressions describe them, and rules that may nest in each other. */
export type Language =
  | { readonly kind: "characters"; readonly ranges: readonly CharacterRange[] }
  | { readonly kind: "sequence"; readonly parts: readonly Language[] }
  | { readonly kind: "either"; readonly parts: readonly Language[] }
  | { readonly kind: "repeat"; readonly part: Language; readonly least: number; readonly most: number }
  | { readonly kind: "ruled"; readonly rule: Rule };

/** One character of some ranges. */
export const characters = (...ranges: readonly CharacterRange[]): Language => ({ kind: "characters", ranges });

/** One text after the other. */
export const sequence = (...parts: readonly Language[]): Language => ({ kind: "sequence", parts });

/** One text or another. */
export const either = (...parts: readonly Language[]): Language => ({ kind: "either", parts });

/** From `least` to `most` texts, one after the other. */
export const repeat = (part: Language, least: number, most: number): Language => ({ kind: "repeat", part, least, most });

/** The texts of a rule, which is made when it is first asked for: by then it may refer to itself. */
export function ruled(name: string, make: () => Language): Language {
  let made: Language | undefined;
  return {
    kind: "ruled",
    rule: {
      name,
      language() {
        made ??= make();
        return made;
      },
    },
  };
}

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
