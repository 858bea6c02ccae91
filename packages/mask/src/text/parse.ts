import { MaskError } from "../errors.ts";
import { isMask, type Mask } from "../mask.ts";
import { type Kind, kindOf, makeMask } from "./kinds.ts";
import { nearest } from "./nearest.ts";

// expression = name [ "(" [ value { "," value } ] ")" ]
// value      = expression | number | string | "true" | "false" | "[" [ value { "," value } ] "]" | "{" [ name ":" value { "," name ":" value } ] "}"

/** One piece of text: a name, a number, a string in quotes, or one character. */
interface Token {
  readonly text: string;
  readonly at: number;
}

/**
 * The mask of an expression as one would write it in TypeScript: names of masks, whole numbers, lists, drawings in quotes, options in braces.
 *
 * @throws MaskError that shows the place in the text, with the nearest name for an unknown one.
 *
 * @example
 * ```ts
 * import { parseMask } from "@ashlar/mask";
 * parseMask("or(causal, prefix([3, 8], { oneOff: true }))");
 * parseMask("and(causal, slidingWindow(8))");
 * ```
 */
export function parseMask(text: string): Mask {
  const reader = new Reader(text);
  const mask = reader.mask();
  reader.end();
  return mask;
}

const deepest = 100;

class Reader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = Array.from(text.matchAll(/[A-Za-z_]\w*|-?\d+(?:\.\d+)?|"[^"\n]*"|'[^'\n]*'|[^\s]/g), ({ 0: token, index }) => ({ text: token, at: index }));
  }

  mask(): Mask {
    const name = this.#take("a mask", /^[A-Za-z_]/);
    const kind = this.#at(name, () => kindOf("parseMask", name.text));
    const [values, options] = this.#arguments(name, kind);
    return this.#at(name, () => makeMask(kind, values, options));
  }

  end(): void {
    const token = this.#tokens[this.#next];
    if (token) this.#fail("expected the end", token.at);
  }

  #arguments({ text, at }: Token, kind: Kind): [values: unknown[], options: Record<string, unknown>] {
    if (isMask(kind)) return [[], {}];
    this.#take(`"(", since ${text} takes ${kind.parameters.join(", ")}`, /^\($/);
    const values: unknown[] = [];
    let options: Record<string, unknown> = {};
    while (!this.#skip(")")) {
      if (this.#peek() === "{") {
        options = this.#options(text, kind.options);
        this.#take('")"', /^\)$/);
        break;
      }
      values.push(this.#value());
      if (this.#peek() !== ")") this.#take('"," or ")"', /^,$/);
    }
    if (values.length === 0 || (kind.parameters[0] !== "masks" && values.length > kind.parameters.length))
      this.#fail(`${text} takes ${kind.parameters.join(", ")}; got ${values.length} values`, at);
    return [values, options];
  }

  #options(name: string, known: readonly string[]): Record<string, unknown> {
    const options: Record<string, unknown> = {};
    this.#next++;
    while (!this.#skip("}")) {
      const option = this.#take("the name of an option", /^[A-Za-z_]/);
      if (!known.includes(option.text))
        this.#fail(`${name} has no option ${option.text}${known.length > 0 ? `; did you mean ${nearest(option.text, known)}?` : ""}`, option.at);
      this.#take('":"', /^:$/);
      options[option.text] = this.#value();
      if (this.#peek() !== "}") this.#take('"," or "}"', /^,$/);
    }
    return options;
  }

  #value(): unknown {
    const token = this.#tokens[this.#next];
    const text = token?.text ?? "";
    if (++this.#depth > deepest) this.#fail(`more than ${deepest} levels`, token?.at);
    const value = this.#valueOf(text);
    this.#depth--;
    return value;
  }

  #valueOf(text: string): unknown {
    if (text === "true" || text === "false") return this.#tokens[this.#next++]?.text === "true";
    if (/^[A-Za-z_]/.test(text)) return this.mask();
    if (!this.#skip("[")) {
      const { text: word } = this.#take("a mask, a number or a list", /^(-?\d|".|'.)/);
      return /^["']/.test(word) ? word.slice(1, -1) : Number(word);
    }
    const list: unknown[] = [];
    while (!this.#skip("]")) {
      list.push(this.#value());
      if (this.#peek() !== "]") this.#take('"," or "]"', /^,$/);
    }
    return list;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #skip(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#next++;
    return true;
  }

  #take(what: string, pattern: RegExp): Token {
    const token = this.#tokens[this.#next];
    if (!token || !pattern.test(token.text)) this.#fail(`expected ${what}`, token?.at);
    this.#next++;
    return token;
  }

  // A mistake in what was written is shown where it was.
  #at<T>({ at }: Token, make: () => T): T {
    try {
      return make();
    } catch (error) {
      return MaskError.is(error) ? this.#fail(error.message.replace(/^parseMask: /, ""), at) : this.#fail(String(error), at);
    }
  }

  #fail(what: string, at = this.#text.length): never {
    const from = Math.max(0, at - 40);
    const line = this.#text.slice(from, at + 40).replaceAll(/\s/g, " ");
    const got = what.startsWith("expected")
      ? `, got ${at < this.#text.length ? JSON.stringify(this.#tokens.find((token) => token.at === at)?.text) : "the end"}`
      : "";
    throw new MaskError(`parseMask: ${what}${got} at position ${at}\n  ${line}\n  ${" ".repeat(at - from)}^`);
  }
}
