import { CliError } from "../console/error.ts";
import { suggestion } from "../console/nearest.ts";

/** Reads one kind of value, and says what is wrong with any other. */
export interface Kind<T> {
  /** What it is, in words: `"a number of at least 1"`. */
  readonly expected: string;
  /** The value, checked. @param at where it stands, for messages. @throws CliError when it is something else. */
  read(value: unknown, at: string): T;
  /** What stands for a key that is left out; without it the key must be there. */
  readonly absent?: () => T;
}

/** What a kind reads. */
export type Read<K> = K extends Kind<infer T> ? T : never;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function wrong(expected: string, value: unknown, at: string): never {
  throw new CliError(`${at}: expected ${expected}, got ${shown(value)}`);
}

/** A kind by a test of its values. */
export function kind<T>(expected: string, is: (value: unknown) => boolean): Kind<T> {
  return { expected, read: (value, at) => (is(value) ? (value as T) : wrong(expected, value, at)) };
}

/** Text that is not empty. */
export const text: Kind<string> = kind("text", (value) => typeof value === "string" && value !== "");

/** `true` or `false`. */
export const flag: Kind<boolean> = kind("true or false", (value) => typeof value === "boolean");

/** Bounds of a number. */
export interface Bounds {
  /** The least. */
  readonly least?: number;
  /** The most. */
  readonly most?: number;
  /** What it must be more than. */
  readonly above?: number;
  /** What it must be less than. */
  readonly below?: number;
}

function bounded(noun: string, { least, most, above, below }: Bounds, is: (value: number) => boolean): Kind<number> {
  const words = [
    least === undefined ? [] : [`of at least ${least}`],
    above === undefined ? [] : [`above ${above}`],
    most === undefined ? [] : [`at most ${most}`],
    below === undefined ? [] : [`below ${below}`],
  ].flat();
  const inside = (value: number): boolean =>
    value >= (least ?? Number.NEGATIVE_INFINITY) &&
    value <= (most ?? Number.POSITIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    value < (below ?? Number.POSITIVE_INFINITY);
  return kind(words.length === 0 ? noun : `${noun} ${words.join(" and ")}`, (value) => typeof value === "number" && is(value) && inside(value));
}

/** A finite number. */
export const number = (bounds: Bounds = {}): Kind<number> => bounded("a number", bounds, Number.isFinite);

/** A whole number. */
export const whole = (bounds: Bounds = {}): Kind<number> => bounded("a whole number", bounds, Number.isSafeInteger);

/** One of some words; a mistyped one is met with the nearest. */
export function oneOf<const Words extends readonly string[]>(...words: Words): Kind<Words[number]> {
  const expected = `one of ${words.join(", ")}`;
  return {
    expected,
    read(value, at) {
      if (typeof value !== "string") return wrong(expected, value, at);
      if (!words.includes(value)) throw new CliError(`${at}: unknown ${shown(value)}${suggestion(value, words)}`);
      return value;
    },
  };
}

/** A value that may be left out; then it is what is given here, or undefined. */
export function optional<T>(of: Kind<T>, standard: T): Kind<T>;
export function optional<T>(of: Kind<T>, standard?: T): Kind<T | undefined>;
export function optional<T>(of: Kind<T>, standard?: T): Kind<T | undefined> {
  return { ...of, absent: () => standard };
}

/** An object of some keys; an unknown key is met with the nearest. */
export function object<Fields extends Readonly<Record<string, Kind<unknown>>>>(fields: Fields): Kind<{ readonly [Name in keyof Fields]: Read<Fields[Name]> }> {
  const known = Object.keys(fields);
  const expected = `an object with ${known.join(", ")}`;
  return {
    expected,
    read(value, at) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(expected, value, at);
      for (const key of Object.keys(value)) if (!known.includes(key)) throw new CliError(`${at}: unknown key "${key}"${suggestion(key, known)}`);
      const entries = known.map((key) => {
        const field = fields[key] as Kind<unknown>;
        const given = (value as Readonly<Record<string, unknown>>)[key];
        if (given !== undefined) return [key, field.read(given, within(at, key))];
        if (field.absent) return [key, field.absent()];
        throw new CliError(`${at}: "${key}" is missing; expected ${field.expected}`);
      });
      return Object.fromEntries(entries) as { readonly [Name in keyof Fields]: Read<Fields[Name]> };
    },
  };
}

/** `recipe.json: optimizer`, then `recipe.json: optimizer.rate`. */
function within(at: string, key: string): string {
  return at.includes(": ") ? `${at}.${key}` : `${at}: ${key}`;
}

/** A word that stands for an object, or the object itself: `"adamw"` is `{ "name": "adamw" }`. */
export const named = <T>(key: string, of: Kind<T>): Kind<T> => ({
  expected: `a word, or ${of.expected}`,
  read: (value, at) => of.read(typeof value === "string" ? { [key]: value } : value, at),
});

/** One of several objects, told apart by the word at a key. */
export function variants<const Key extends string, Kinds extends Readonly<Record<string, Readonly<Record<string, Kind<unknown>>>>>>(
  key: Key,
  kinds: Kinds,
): Kind<{ [Word in keyof Kinds]: { readonly [K in Key]: Word } & { readonly [Name in keyof Kinds[Word]]: Read<Kinds[Word][Name]> } }[keyof Kinds]> {
  type Value = { [Word in keyof Kinds]: { readonly [K in Key]: Word } & { readonly [Name in keyof Kinds[Word]]: Read<Kinds[Word][Name]> } }[keyof Kinds];
  const words = Object.keys(kinds);
  const expected = `an object whose "${key}" is one of ${words.join(", ")}`;
  return {
    expected,
    read(value, at) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(expected, value, at);
      const given = (value as Readonly<Record<string, unknown>>)[key];
      if (given === undefined) throw new CliError(`${at}: "${key}" is missing; expected one of ${words.join(", ")}`);
      const word = oneOf(...words).read(given, within(at, key));
      return object({ [key]: text, ...(kinds[word] as Readonly<Record<string, Kind<unknown>>>) }).read(value, at) as Value;
    },
  };
}
