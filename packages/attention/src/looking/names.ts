import { AttentionError } from "../errors.ts";

/** The names that a pattern may stand for: `*` is any one name between dots, `**` any number of them. */
export type NameOf<Pattern extends string> = Pattern extends `${infer Head}*${infer Tail}` ? `${Head}${string}${NameOf<Tail>}` : Pattern;

/** Patterns, what they have met, and what there was to meet. */
export class Names {
  readonly #where: string;
  readonly #patterns: readonly (readonly [pattern: string, form: RegExp])[];
  readonly #met = new Set<string>();
  readonly #offered = new Set<string>();
  #depth = 0;

  /** @throws AttentionError when there is no pattern, or an empty name in one. */
  constructor(where: string, patterns: readonly string[]) {
    if (patterns.length === 0) throw new AttentionError(`${where}: expected at least one name, such as "stack.blocks.0", got none`);
    this.#where = where;
    this.#patterns = patterns.map((pattern) => [pattern, formOf(where, pattern)] as const);
  }

  /** The patterns that a name on the way fits. */
  meet(name: string): string[] {
    this.#offered.add(name);
    const fitting = this.#patterns.filter(([, form]) => form.test(name)).map(([pattern]) => pattern);
    for (const pattern of fitting) this.#met.add(pattern);
    return fitting;
  }

  /** Whether a model offered anything at all. */
  get anyOffered(): boolean {
    return this.#offered.size > 0;
  }

  /** A call begins, or a part of one. */
  enter(): void {
    this.#depth++;
  }

  /** It has ended. */
  leave(): void {
    this.#depth--;
  }

  /** @throws AttentionError when the outermost call has ended and a pattern has met nothing. */
  expectMet(): void {
    if (this.#depth > 0) return;
    for (const [pattern] of this.#patterns) if (!this.#met.has(pattern)) throw new AttentionError(this.missing(pattern));
  }

  /** What to say when there is nothing of a name. */
  missing(name: string): string {
    const general = name.includes("*");
    const there = [...new Set([...this.#offered].map((each) => (general ? each.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, "*") : each)))];
    if (there.length === 0) return `${this.#where}: nothing was met, so not "${name}" either; hand the taps and interventions to the model in its call`;
    return `${this.#where}: nothing here is named "${name}"; the nearest is "${nearest(name, there)}"`;
  }
}

function formOf(where: string, pattern: string): RegExp {
  const names = pattern.split(".");
  if (names.includes("")) throw new AttentionError(`${where}: expected names with dots between them, such as "stack.blocks.*", got ${JSON.stringify(pattern)}`);
  const forms = names.map((name) => (name === "**" ? ".+" : name.replaceAll(/[^\w*]/g, "\\$&").replaceAll("*", "[^.]+")));
  return new RegExp(`^${forms.join("\\.")}$`);
}

/** The name with the fewest edits (Levenshtein 1966). */
function nearest(name: string, names: readonly string[]): string {
  const [first] = names.map((each) => [each, edits(name, each)] as const).sort(([, a], [, b]) => a - b);
  return first?.[0] ?? name;
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j - 1] as number) + Number(a[i - 1] !== b[j - 1]), (row[j] as number) + 1, (next[j - 1] as number) + 1));
    row = next;
  }
  return row[b.length] as number;
}
