import type { Automaton, StateNumber } from "./automaton.ts";

/** What the tokens stand for: a tokenizer of `@ashlar/text` is one. */
export interface TokenBytes {
  /** How many tokens there are. */
  readonly size: number;
  /** The tokens that stand for no text, and so never come: those that begin, end or pad. */
  readonly specialIds?: readonly number[];
  /** The UTF-8 bytes of a token; undefined, or none, where it has no text of its own. */
  bytes(token: number): Uint8Array | undefined;
}

/** How many bytes two texts share at their beginning. */
function sharedBytes(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/** The tokens of a vocabulary in the order of their bytes, so that what many begin with is read once. */
export class TokenOrder {
  /** How many tokens have bytes. */
  readonly count: number;
  readonly #size: number;
  readonly #tokens: readonly { readonly token: number; readonly bytes: Uint8Array }[];
  /** How many bytes each shares with the one before. */
  readonly #shared: Int32Array;
  /** The next that shares fewer with the one before it. */
  readonly #next: Int32Array;

  /** Puts a vocabulary in order. */
  constructor(vocabulary: TokenBytes) {
    const special = new Set(vocabulary.specialIds);
    const all: { token: number; bytes: Uint8Array }[] = [];
    for (let token = 0; token < vocabulary.size; token++) {
      const bytes = special.has(token) ? undefined : vocabulary.bytes(token);
      if (bytes && bytes.length > 0) all.push({ token, bytes });
    }
    all.sort(({ bytes: a }, { bytes: b }) => {
      const at = sharedBytes(a, b);
      return (a[at] ?? -1) - (b[at] ?? -1);
    });
    this.count = all.length;
    this.#size = vocabulary.size;
    this.#tokens = all;
    this.#shared = Int32Array.from(all, ({ bytes }, index) => (index === 0 ? 0 : sharedBytes((all[index - 1] as { bytes: Uint8Array }).bytes, bytes)));
    this.#next = new Int32Array(all.length);
    for (let index = all.length - 1; index >= 0; index--) {
      let next = index + 1;
      while (next < all.length && (this.#shared[next] as number) >= (this.#shared[index] as number)) next = this.#next[next] as number;
      this.#next[index] = next;
    }
  }

  /** Marks the tokens that lead somewhere from a state: 1 for each [size]. */
  following(automaton: Automaton, state: StateNumber): Uint8Array {
    const marks = new Uint8Array(this.#size);
    // the states after each byte of the token before, as far as it lived
    const path: StateNumber[] = [state];
    let index = state < 0 ? this.count : 0;
    while (index < this.count) {
      const { token, bytes } = this.#tokens[index] as { token: number; bytes: Uint8Array };
      path.length = (this.#shared[index] as number) + 1;
      let next = 0;
      while (path.length <= bytes.length && next >= 0) {
        next = automaton.step(path.at(-1) as number, bytes[path.length - 1] as number);
        if (next >= 0) path.push(next);
      }
      index++;
      if (next >= 0) marks[token] = 1;
      // all that share the byte which leads nowhere
      else while (index < this.count && (this.#shared[index] as number) >= path.length) index = this.#next[index] as number;
    }
    return marks;
  }
}
