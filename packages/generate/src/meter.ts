/** How fast something went. */
export interface Rate {
  /** How many tokens. */
  readonly tokens: number;
  /** In how many seconds. */
  readonly seconds: number;
  /** Tokens in a second; 0 before there is time to divide by. */
  readonly perSecond: number;
}

/** How fast a run was until now; the time that the caller takes between pieces doesn't count. */
export interface Rates {
  /** Reading the prompts: their tokens, each once. */
  readonly prefill: Rate;
  /** What came after: the tokens that were given, but for the first of each row, which reading the prompts gave. */
  readonly decode: Rate;
}

const rate = (tokens: number, milliseconds: number): Rate => ({
  tokens,
  seconds: milliseconds / 1000,
  perSecond: milliseconds > 0 ? (1000 * tokens) / milliseconds : 0,
});

/** Measures a run: a clock that stands still while the caller has the turn. */
export class Meter {
  readonly #prompt: number;
  #since: number | undefined;
  #spent = 0;
  #prefill = 0;
  #prefilled = false;
  #decoded = 0;

  /** A clock for a run over so many prompt tokens. */
  constructor(promptTokens: number) {
    this.#prompt = promptTokens;
  }

  /** The run has the turn. */
  enter(): void {
    this.#since = performance.now();
  }

  /** The caller has it. */
  leave(): void {
    if (this.#since !== undefined) this.#spent += performance.now() - this.#since;
    this.#since = undefined;
  }

  /** The prompts have been read. */
  prefilled(): void {
    if (this.#prefilled) return;
    this.#prefilled = true;
    this.#prefill = this.#now();
  }

  /** A token was given. */
  gave(step: number): void {
    if (step > 0) this.#decoded++;
  }

  /** The rates until now. */
  rates(): Rates {
    const prefill = this.#prefilled ? this.#prefill : this.#now();
    return { prefill: rate(this.#prefilled ? this.#prompt : 0, prefill), decode: rate(this.#decoded, this.#now() - prefill) };
  }

  #now(): number {
    return this.#spent + (this.#since === undefined ? 0 : performance.now() - this.#since);
  }
}
