import { onlyKnown, someTokens } from "../check.ts";
import { GenerateError } from "../errors.ts";
import type { Processor } from "../processors/processor.ts";
import type { Tokens } from "../processors/suppress.ts";
import { Automaton, type StateNumber } from "./automaton.ts";
import type { Language } from "./language.ts";
import { type TokenBytes, TokenOrder } from "./token-order.ts";

/** How a text that is complete ends. */
export interface ConstraintOptions {
  /** The tokens that may come when the text is complete, and must when nothing can follow. */
  readonly end: Tokens;
}

/** A processor that leaves only the tokens with which the generated text can still become one of a language, and the end once it is one. */
export function constrained(where: string, language: Language, vocabulary: TokenBytes, options: ConstraintOptions): Processor {
  onlyKnown(where, options, ["end"]);
  const ends = someTokens(where, "end", options.end);
  const automaton = new Automaton(language);
  const tokens = new TokenOrder(vocabulary);
  if (tokens.count === 0) throw new GenerateError(`${where}: the vocabulary knows the bytes of no token; a tokenizer that changes texts can't be constrained`);
  const marks = new Map<StateNumber, Uint8Array>();
  // how far each row has been read; a row keeps its list of ids while tokens are added to it
  const known = new WeakMap<readonly number[], { read: number; state: StateNumber; ended: boolean }>();
  return (logits, { ids, promptLength }) => {
    let row = known.get(ids);
    if (!row || row.read > ids.length) {
      row = { read: promptLength, state: automaton.start, ended: false };
      known.set(ids, row);
    }
    for (; row.read < ids.length; row.read++) {
      const token = ids[row.read] as number;
      row.ended ||= ends.includes(token);
      for (const byte of vocabulary.bytes(token) ?? []) row.state = automaton.step(row.state, byte);
    }
    const over = row.ended;
    let allowed = marks.get(row.state);
    if (!allowed) {
      allowed = tokens.following(automaton, row.state);
      marks.set(row.state, allowed);
    }
    const complete = over || automaton.accepts(row.state);
    const may = new Set(complete ? ends : []);
    for (const token of logits.keys()) if (!may.has(token) && (over || allowed[token] !== 1)) logits[token] = Number.NEGATIVE_INFINITY;
  };
}
