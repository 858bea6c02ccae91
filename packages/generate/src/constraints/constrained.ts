import { onlyKnown, someTokens } from "../check.ts";
import { GenerateError } from "../errors.ts";
import type { Processor } from "../processors/processor.ts";
import type { Tokens } from "../processors/suppress.ts";
import { Automaton, type StateNumber } from "./automaton.ts";
import type { Language } from "./language.ts";

/** What the tokens stand for: a tokenizer of `@ashlar/text` is one. */
export interface TokenBytes {
  /** How many tokens there are. */
  readonly size: number;
  /** The tokens that stand for no text, and so never come: those that begin, end or pad. */
  readonly specialIds?: readonly number[];
  /** The UTF-8 bytes of a token; undefined, or none, where it has no text of its own. */
  bytes(token: number): Uint8Array | undefined;
}

/** How a text that is complete ends. */
export interface ConstraintOptions {
  /** The tokens that may come when the text is complete, and must when nothing can follow. */
  readonly end: Tokens;
}

/** Tokens in the order of their bytes, so that what several begin with is read once. */
interface Sorted {
  readonly token: number;
  readonly bytes: Uint8Array;
  /** How many bytes it shares with the one before. */
  readonly shared: number;
}

function sorted(vocabulary: TokenBytes): Sorted[] {
  const special = new Set(vocabulary.specialIds);
  const all: { token: number; bytes: Uint8Array }[] = [];
  for (let token = 0; token < vocabulary.size; token++) {
    const bytes = special.has(token) ? undefined : vocabulary.bytes(token);
    if (bytes && bytes.length > 0) all.push({ token, bytes });
  }
  const differ = (a: Uint8Array, b: Uint8Array): number => {
    let at = 0;
    while (at < a.length && at < b.length && a[at] === b[at]) at++;
    return at;
  };
  all.sort(({ bytes: a }, { bytes: b }) => {
    const at = differ(a, b);
    return (a[at] ?? -1) - (b[at] ?? -1);
  });
  return all.map(({ token, bytes }, index) => ({ token, bytes, shared: index === 0 ? 0 : differ((all[index - 1] as { bytes: Uint8Array }).bytes, bytes) }));
}

/** Marks the tokens that may follow in a state: 1 for each token that leads somewhere. */
function following(automaton: Automaton, state: StateNumber, tokens: readonly Sorted[], size: number): Uint8Array {
  const marks = new Uint8Array(size);
  // the states after each byte of the token before
  const path: StateNumber[] = [state];
  for (const { token, bytes, shared } of tokens) {
    path.length = Math.min(path.length, shared + 1);
    while (path.length <= bytes.length && (path.at(-1) as number) >= 0) path.push(automaton.step(path.at(-1) as number, bytes[path.length - 1] as number));
    if (path.length > bytes.length && (path[bytes.length] as number) >= 0) marks[token] = 1;
  }
  return marks;
}

/** A processor that leaves only the tokens with which the generated text can still become one of a language, and the end once it is one. */
export function constrained(where: string, language: Language, vocabulary: TokenBytes, options: ConstraintOptions): Processor {
  onlyKnown(where, options, ["end"]);
  const ends = someTokens(where, "end", options.end);
  const automaton = new Automaton(language);
  const tokens = sorted(vocabulary);
  if (tokens.length === 0) throw new GenerateError(`${where}: the vocabulary knows the bytes of no token; a tokenizer that changes texts can't be constrained`);
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
      allowed = following(automaton, row.state, tokens, vocabulary.size);
      marks.set(row.state, allowed);
    }
    const complete = over || automaton.accepts(row.state);
    const may = new Set(complete ? ends : []);
    for (const token of logits.keys()) if (!may.has(token) && (over || allowed[token] !== 1)) logits[token] = Number.NEGATIVE_INFINITY;
  };
}
