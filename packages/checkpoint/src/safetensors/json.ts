import { CheckpointError, quoted } from "../errors.ts";

const deepest = 100;
const isDigit = (character: string | undefined): boolean => character !== undefined && character >= "0" && character <= "9";

/**
 * Reads JSON token by token, told by its caller what has to come. `JSON.parse` will not do for a file from a stranger: it keeps the last
 * of two equal keys, rounds integers above 2^53, takes 1.0 for 1, and recurses as deep as the text says.
 */
export class JsonReader {
  readonly #text: string;
  readonly #where: string;
  #at = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  /** Reads an object; `member` reads the value of each key. */
  object(what: string, member: (key: string) => void): void {
    this.#open("{", what, "an object");
    const keys = new Set<string>();
    if (this.#take("}")) return;
    do {
      const key = this.string(`a name in ${what}`);
      if (keys.has(key)) this.fail(`${what} has ${quoted(key)} twice`);
      keys.add(key);
      if (!this.#take(":")) this.fail(`expected ":" after ${quoted(key)}, got ${this.#here()}`);
      member(key);
    } while (this.#take(","));
    if (!this.#take("}")) this.fail(`expected "," or "}" in ${what}, got ${this.#here()}`);
  }

  /** Reads a list; `item` reads each element. */
  list(what: string, item: () => void): void {
    this.#open("[", what, "a list");
    if (this.#take("]")) return;
    do item();
    while (this.#take(","));
    if (!this.#take("]")) this.fail(`expected "," or "]" in ${what}, got ${this.#here()}`);
  }

  /** Reads a string of whole characters. */
  string(what: string): string {
    this.#open('"', what, "a string");
    const start = this.#at - 1;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    const token = this.#text.slice(start, ++this.#at);
    const value = unescaped(token);
    if (value === undefined) this.fail(`${what} is not a JSON string: ${cut(token)}`);
    if (!value.isWellFormed()) this.fail(`${what} has half a character: ${cut(token)}`);
    return value;
  }

  /** Reads an integer token of at least 0 that a number holds exactly. */
  integer(what: string): number {
    this.#space();
    const start = this.#at;
    while (/[-+.0-9eE]/.test(this.#text[this.#at] ?? "")) this.#at++;
    const token = this.#text.slice(start, this.#at);
    if (token === "") this.fail(`expected an integer for ${what}, got ${this.#here()}`);
    if (token.startsWith("-")) this.fail(`${what} is negative: ${quoted(token)}`);
    if (!/^(0|[1-9][0-9]{0,40})$/.test(token)) this.fail(`${what} is not an integer: ${quoted(token)}`);
    const value = Number(token);
    if (!Number.isSafeInteger(value)) this.fail(`${what} is beyond 2^53 − 1, more than any file holds: ${token}`);
    return value;
  }

  /** Reads any value and forgets it. */
  skip(what: string, depth = 0): void {
    if (depth > deepest) this.fail(`${what} is nested deeper than ${deepest}`);
    this.#space();
    const next = this.#text[this.#at];
    if (next === "{") this.object(what, () => this.skip(what, depth + 1));
    else if (next === "[") this.list(what, () => this.skip(what, depth + 1));
    else if (next === '"') this.string(what);
    else this.#skipWord(what);
  }

  #skipWord(what: string): void {
    const start = this.#at;
    while (/[-+.0-9a-zA-Z]/.test(this.#text[this.#at] ?? "")) this.#at++;
    const token = this.#text.slice(start, this.#at);
    if (!/^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)$/.test(token))
      this.fail(`expected a JSON value for ${what}, got ${this.#here(start)}`);
  }

  /** Makes sure that only white space is left. */
  end(): void {
    this.#space();
    if (this.#at < this.#text.length) this.fail(`there is text after the header's object: ${this.#here()}`);
  }

  /** Stops with a message that names the file. */
  fail(message: string): never {
    throw new CheckpointError(`${this.#where}: ${message}`);
  }

  #open(mark: string, what: string, form: string): void {
    if (!this.#take(mark)) this.fail(`expected ${form} for ${what}, got ${this.#here()}`);
  }

  #take(mark: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #here(at = this.#at): string {
    if (at >= this.#text.length) return "the end of the header";
    const rest = this.#text.slice(at, at + 16);
    const token = isDigit(rest[0]) ? (/^[-+.0-9eE]+/.exec(rest)?.[0] ?? rest) : rest;
    return `${quoted(token)} at character ${at} of the header`;
  }
}

const cut = (token: string): string => (token.length > 120 ? `${token.slice(0, 117)}…` : token);

/** A JSON string's value, or undefined where the token is not one. */
function unescaped(token: string): string | undefined {
  try {
    return JSON.parse(token) as string;
  } catch {
    return undefined;
  }
}
