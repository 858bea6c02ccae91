import { CheckpointError, quoted } from "../errors.ts";

/** What the placeholders of a pattern stood for. */
export type Bindings = Readonly<Record<string, string>>;

/**
 * A name with holes: `{i}` is one part between dots, `{...rest}` any number of parts. The same placeholder stands for the same text
 * wherever it occurs.
 */
export class Pattern {
  readonly text: string;
  readonly placeholders: readonly string[];
  readonly #expression: RegExp;

  constructor(text: string) {
    const seen = new Set<string>();
    const source = text.split(/(\{[^{}]*\})/).map((piece, index) => {
      if (index % 2 === 0) return escaped(piece);
      const [, dots, name] = /^\{(\.\.\.)?([A-Za-z_]\w*)\}$/.exec(piece) ?? [];
      if (name === undefined) throw new CheckpointError(`name table: expected a placeholder like {i} or {...rest} in ${quoted(text)}, got ${quoted(piece)}`);
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${dots ? ".*" : "[^.]+"})`;
    });
    this.text = text;
    this.placeholders = [...seen].toSorted();
    this.#expression = new RegExp(`^${source.join("")}$`, "su");
  }

  /** What the placeholders stand for in a name, or undefined where it does not fit. */
  match(name: string): Bindings | undefined {
    const found = this.#expression.exec(name);
    return found ? { ...found.groups } : undefined;
  }

  /** The name with these in place of the placeholders. */
  fill(bindings: Bindings): string {
    return this.text.replace(/\{(?:\.\.\.)?(\w+)\}/g, (_, name: string) => bindings[name] as string);
  }
}

/** `RegExp.escape` is younger than the oldest Node that is supported. */
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
