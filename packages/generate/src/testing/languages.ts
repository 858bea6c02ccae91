import { Automaton } from "../constraints/automaton.ts";
import { schemaLanguage } from "../constraints/json-language.ts";
import type { Language } from "../constraints/language.ts";
import { languageOf } from "../constraints/pattern.ts";

/** A text's bytes. */
export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What reads texts of a language. */
export interface Reader {
  readonly accepts: (text: string) => boolean;
  /** Whether something of the language begins so. */
  readonly lives: (text: string) => boolean;
}

/** Reads texts of a language, byte by byte. */
export function reader(language: Language): Reader {
  const automaton = new Automaton(language);
  const read = (text: string): number => encode(text).reduce((state, byte) => automaton.step(state, byte), automaton.start);
  return { accepts: (text) => automaton.accepts(read(text)), lives: (text) => read(text) >= 0 };
}

/** Reads JSON of a schema, with such gaps between its parts. */
export const schemaReader = (schema: unknown, gap = ""): Reader => reader(schemaLanguage(schema, languageOf(gap)));
