import { GenerateError } from "../errors.ts";
import { allBut, type CharacterRange, characters, either, type Language, repeat, sequence } from "./language.ts";

const digit: readonly CharacterRange[] = [[0x30, 0x39]];
const word: readonly CharacterRange[] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
// prettier-ignore
const space: readonly CharacterRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const lineEnds: readonly CharacterRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

const classes: Readonly<Record<string, readonly CharacterRange[]>> = {
  d: digit,
  w: word,
  s: space,
  D: allBut(digit),
  W: allBut(word),
  S: allBut(space),
};
const controls: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, "0": 0 };

/**
 * The language of a regular expression: the texts that match it from beginning to end. JavaScript's syntax, as with the flag u: characters,
 * escapes, classes, groups, alternatives and repetitions, greedy or not. What looks around or back (`\b`, `(?=…)`, `\1`) is no regular language,
 * and an error.
 *
 * @throws GenerateError for a mistake in the expression, with its place.
 */
export function languageOf(pattern: string | RegExp): Language {
  if (typeof pattern === "string") return new Parser(pattern, false).parse();
  const odd = pattern.flags.replace(/[us]/g, "");
  if (odd !== "") throw new GenerateError(`pattern: the flag "${odd[0]}" of ${pattern} has no meaning here; u and s are known`);
  return new Parser(pattern.source, pattern.dotAll).parse();
}

class Parser {
  readonly #source: string;
  readonly #all: readonly string[];
  readonly #dot: readonly CharacterRange[];
  #at = 0;

  constructor(source: string, dotAll: boolean) {
    this.#source = source;
    this.#all = Array.from(source);
    this.#dot = allBut(dotAll ? [] : lineEnds);
  }

  parse(): Language {
    // the whole text matches anyway
    this.#skip("^");
    const language = this.#alternatives();
    if (this.#at < this.#all.length) this.#fail(`there is nothing that "${this.#all[this.#at]}" closes`);
    return language;
  }

  #fail(what: string): never {
    throw new GenerateError(`pattern: ${what}, at character ${this.#at} of /${this.#source}/`);
  }

  #skip(text: string): boolean {
    const here = this.#all.slice(this.#at, this.#at + text.length).join("") === text;
    if (here) this.#at += text.length;
    return here;
  }

  #alternatives(): Language {
    const parts = [this.#sequence()];
    while (this.#skip("|")) parts.push(this.#sequence());
    return parts.length === 1 ? (parts[0] as Language) : either(...parts);
  }

  #sequence(): Language {
    const parts: Language[] = [];
    for (;;) {
      const next = this.#all[this.#at];
      if (next === undefined || next === "|" || next === ")") return sequence(...parts);
      if (next === "$" && this.#at === this.#all.length - 1) this.#at++;
      else parts.push(this.#repeated(this.#atom()));
    }
  }

  #repeated(part: Language): Language {
    const [least, most] = this.#counts() ?? [1, 1];
    if (least === 1 && most === 1) return part;
    this.#skip("?");
    if (this.#counts()) this.#fail("there is nothing to repeat");
    return repeat(part, least, most);
  }

  #counts(): [least: number, most: number] | undefined {
    if (this.#skip("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#skip("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#skip("?")) return [0, 1];
    if (this.#all[this.#at] !== "{") return undefined;
    const found = /^\{(\d+)(,?)(\d*)\}/.exec(this.#all.slice(this.#at).join(""));
    if (!found) return this.#fail("expected {n}, {n,} or {n,m}");
    const [text, from, comma, to] = found as unknown as [string, string, string, string];
    const least = Number(from);
    const most = to !== "" ? Number(to) : comma !== "" ? Number.POSITIVE_INFINITY : least;
    if (most < least) this.#fail(`{${least},${most}} has no number`);
    this.#at += text.length;
    return [least, most];
  }

  #atom(): Language {
    const next = this.#all[this.#at++] as string;
    if (next === "(") return this.#group();
    if (next === "[") return characters(...this.#class());
    if (next === ".") return characters(...this.#dot);
    if (next === "\\") return characters(...this.#escape(false));
    if ("*+?{}]^$".includes(next)) {
      this.#at--;
      this.#fail(
        next === "^" || next === "$" ? `the whole text matches, so "${next}" stands only at its ends` : `"${next}" has no meaning here; write "\\${next}"`,
      );
    }
    return characters(one(next));
  }

  #group(): Language {
    if (this.#skip("?") && !this.#skip(":")) {
      const name = /^<[\p{L}_$][\p{L}\p{N}_$]*>/u.exec(this.#all.slice(this.#at).join(""))?.[0];
      if (!name) this.#fail("looking ahead or behind is no regular language");
      this.#at += Array.from(name).length;
    }
    const language = this.#alternatives();
    if (!this.#skip(")")) this.#fail('a group is not closed by ")"');
    return language;
  }

  #class(): readonly CharacterRange[] {
    const negated = this.#skip("^");
    const ranges: CharacterRange[] = [];
    while (!this.#skip("]")) {
      if (this.#at >= this.#all.length) this.#fail('a class is not closed by "]"');
      const from = this.#member();
      const last = this.#all[this.#at + 1];
      if (this.#all[this.#at] === "-" && last !== undefined && last !== "]") {
        this.#at++;
        const to = this.#member();
        const [low, high] = [single(from), single(to)];
        if (low === undefined || high === undefined || low > high) this.#fail("a range of a class needs a first and a last character");
        ranges.push([low, high]);
      } else ranges.push(...from);
    }
    const all = negated ? allBut(ranges) : ranges;
    if (all.length === 0) this.#fail("a class has no character");
    return all;
  }

  #member(): readonly CharacterRange[] {
    const next = this.#all[this.#at++] as string;
    return next === "\\" ? this.#escape(true) : [one(next)];
  }

  #escape(inClass: boolean): readonly CharacterRange[] {
    const next = this.#all[this.#at++];
    if (next === undefined) return this.#fail('there is nothing after "\\"');
    const named = classes[next];
    if (named) return named;
    const control = next === "b" && inClass ? 0x08 : controls[next];
    if (control !== undefined) return [[control, control]];
    const rest = this.#all.slice(this.#at).join("");
    const code = next === "x" ? /^([\da-f]{2})/i.exec(rest) : next === "u" ? (/^([\da-f]{4})/i.exec(rest) ?? /^\{([\da-f]+)\}/i.exec(rest)) : null;
    if (code) {
      this.#at += code[0].length;
      const point = Number.parseInt(code[1] as string, 16);
      return [[point, point]];
    }
    if (/[\p{L}\p{N}]/u.test(next)) this.#fail(`"\\${next}" is not known here`);
    return [one(next)];
  }
}

function one(character: string): CharacterRange {
  const point = character.codePointAt(0) as number;
  return [point, point];
}

function single(ranges: readonly CharacterRange[]): number | undefined {
  const [range] = ranges;
  return range && ranges.length === 1 && range[0] === range[1] ? range[0] : undefined;
}
