/**
 * The tokens that a row has read, as a list that is never changed. Lists that continue each other share their memory, so that appending a
 * token costs no copy, however long the text.
 */
export class TokenHistory {
  readonly #tokens: number[];
  /** How many there are. */
  readonly length: number;

  private constructor(tokens: number[], length: number) {
    this.#tokens = tokens;
    this.length = length;
  }

  /** A list of these tokens. */
  static of(tokens: Iterable<number>): TokenHistory {
    const all = Array.from(tokens);
    return new TokenHistory(all, all.length);
  }

  /** The list with more tokens behind it. */
  with(more: Iterable<number>): TokenHistory {
    // only the longest list of those that share an array may go on in it
    const tokens = this.#tokens.length === this.length ? this.#tokens : this.#tokens.slice(0, this.length);
    for (const token of more) tokens.push(token);
    return new TokenHistory(tokens, tokens.length);
  }

  /** The first tokens. */
  first(length: number): TokenHistory {
    return new TokenHistory(this.#tokens, Math.min(length, this.length));
  }

  /** The tokens from a place on. */
  from(start: number): number[] {
    return this.#tokens.slice(start, this.length);
  }
}
