import { GenerateError } from "../errors.ts";
import { either, type Language, literal, repeat, sequence } from "./language.ts";
import { languageOf } from "./pattern.ts";

type Schema = { readonly [key: string]: unknown };

const unlimited = Number.POSITIVE_INFINITY;
const integer = languageOf("-?(0|[1-9][0-9]*)");
const number = languageOf("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
const character = languageOf('[^"\\\\\\x00-\\x1f]|\\\\(["\\\\/bfnrt]|u[0-9a-fA-F]{4})');

/** What says nothing about the form of a value. */
const annotations = new Set([
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
]);

/** What each type may say. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern"],
  number: [],
  integer: [],
  boolean: [],
  null: [],
};

/** The texts that a schema describes; `gap` is what may stand after a comma and a colon. */
export function schemaLanguage(root: unknown, gap: Language): Language {
  return new Reading(root, gap).language(root, "", []);
}

class Reading {
  readonly #root: unknown;
  readonly #comma: Language;
  readonly #colon: Language;

  constructor(root: unknown, gap: Language) {
    this.#root = root;
    this.#comma = sequence(literal(","), gap);
    this.#colon = sequence(literal(":"), gap);
  }

  language(schema: unknown, path: string, references: readonly string[]): Language {
    if (!isObject(schema)) return fail(path, `expected a schema, an object, got ${JSON.stringify(schema)}`);
    for (const [keyword, alternative] of [
      ["const", () => this.#among([schema.const], schema.type, path)],
      ["enum", () => this.#among(list(schema.enum, path, "enum"), schema.type, path)],
      ["anyOf", () => either(...list(schema.anyOf, path, "anyOf").map((each, index) => this.language(each, `${path}.anyOf.${index}`, references)))],
      ["$ref", () => this.#referred(schema.$ref, path, references)],
    ] as const) {
      if (!(keyword in schema)) continue;
      const allowed = keyword === "const" || keyword === "enum" ? [keyword, "type"] : [keyword];
      known(schema, allowed, path);
      return alternative();
    }
    if (schema.type === undefined) known(schema, ["type", "enum", "const", "anyOf", "$ref"], path);
    if (schema.type === undefined) return fail(path, "expected type, enum, const, anyOf or $ref; any value at all is no regular language");
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    for (const type of types)
      if (!(String(type) in keywords)) fail(path, `type must be one of ${Object.keys(keywords).join(", ")}, got ${JSON.stringify(type)}`);
    known(schema, ["type", ...types.flatMap((type) => keywords[type] ?? [])], path);
    return either(...types.map((type) => this.#typed(type, schema, path, references)));
  }

  #typed(type: string, schema: Schema, path: string, references: readonly string[]): Language {
    if (type === "object") return this.#object(schema, path, references);
    if (type === "array") return this.#array(schema, path, references);
    if (type === "string") return text(schema, path);
    if (type === "number") return number;
    if (type === "integer") return integer;
    return type === "boolean" ? either(literal("true"), literal("false")) : literal("null");
  }

  #object(schema: Schema, path: string, references: readonly string[]): Language {
    const { properties = {}, required = [], additionalProperties = false } = schema;
    if (additionalProperties !== false) fail(path, "additionalProperties must be false or left out: what is not listed is never said");
    if (!isObject(properties)) return fail(path, "properties must be an object");
    const names = Object.keys(properties);
    const needed = new Set(list(required, path, "required", 0));
    for (const name of needed) if (!names.includes(String(name))) fail(path, `required names ${JSON.stringify(name)}, which is not among the properties`);
    const each = names.map((name) =>
      sequence(literal(JSON.stringify(name)), this.#colon, this.language(properties[name], `${path}.properties.${name}`, references)),
    );
    const isNeeded = (index: number): boolean => needed.has(names[index]);
    // what may follow once something stands: each with its comma
    const rest = (from: number): Language =>
      sequence(...each.slice(from).map((property, index) => repeat(sequence(this.#comma, property), isNeeded(from + index) ? 1 : 0, 1)));
    // the first that stands is any up to the first that must
    const first = names.findIndex((_, index) => isNeeded(index));
    const beginnings = each.slice(0, first < 0 ? undefined : first + 1).map((property, index) => sequence(property, rest(index + 1)));
    const inside = first < 0 ? either(sequence(), ...beginnings) : either(...beginnings);
    return sequence(literal("{"), inside, literal("}"));
  }

  #array(schema: Schema, path: string, references: readonly string[]): Language {
    const [least, most] = limits(schema, "minItems", "maxItems", path);
    if (schema.items === undefined) return fail(path, "expected items, the schema of what an array holds");
    const item = this.language(schema.items, `${path}.items`, references);
    if (most === 0) return literal("[]");
    const some = sequence(item, repeat(sequence(this.#comma, item), Math.max(0, least - 1), most - 1));
    return sequence(literal("["), least === 0 ? repeat(some, 0, 1) : some, literal("]"));
  }

  /** One of some values; beside a type those that are of it. */
  #among(values: readonly unknown[], type: unknown, path: string): Language {
    const types = type === undefined ? undefined : [type].flat();
    const fit = values.filter((value) => types?.some((each) => isOf(value, each)) ?? true);
    if (fit.length === 0) return fail(path, `none of the values is of type ${JSON.stringify(type)}`);
    return either(...fit.map((value) => this.#exactly(value)));
  }

  /** A value and nothing else, with what may stand between its parts. */
  #exactly(value: unknown): Language {
    if (typeof value !== "object" || value === null) return literal(JSON.stringify(value));
    const parts = Array.isArray(value)
      ? value.map((part) => this.#exactly(part))
      : Object.entries(value).map(([name, part]) => sequence(literal(JSON.stringify(name)), this.#colon, this.#exactly(part)));
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
    return sequence(literal(open), ...parts.flatMap((part, index) => (index === 0 ? [part] : [this.#comma, part])), literal(close));
  }

  #referred(reference: unknown, path: string, references: readonly string[]): Language {
    if (typeof reference !== "string" || !/^#(\/|$)/.test(reference))
      return fail(path, `$ref must point into this schema ("#/$defs/name"), got ${JSON.stringify(reference)}`);
    if (references.includes(reference)) return fail(path, `${reference} refers to itself, and what nests without end is no regular language`);
    let target: unknown = this.#root;
    for (const key of reference.slice(2).split("/").filter(Boolean)) {
      const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
      target = isObject(target) || Array.isArray(target) ? (target as Schema)[name] : undefined;
    }
    if (target === undefined) return fail(path, `there is nothing at ${reference}`);
    return this.language(target, reference, [...references, reference]);
  }
}

function text(schema: Schema, path: string): Language {
  const [least, most] = limits(schema, "minLength", "maxLength", path);
  if (schema.pattern === undefined) return sequence(literal('"'), repeat(character, least, most), literal('"'));
  if (least > 0 || most !== unlimited) fail(path, "pattern and lengths at once are not understood; say the length in the pattern");
  const { pattern } = schema;
  if (typeof pattern !== "string" || !pattern.startsWith("^") || !pattern.endsWith("$"))
    return fail(path, `pattern must be a text that begins with ^ and ends with $, got ${JSON.stringify(pattern)}`);
  const language = languageOf(pattern);
  if (needsEscapes(language))
    fail(path, `the pattern ${pattern} lets through quotes, backslashes or control characters, which JSON writes otherwise; leave them out of its classes`);
  return sequence(literal('"'), language, literal('"'));
}

function needsEscapes(language: Language): boolean {
  if (language.kind === "characters") return language.ranges.some(([from, to]) => from <= 0x1f || (from <= 0x22 && to >= 0x22) || (from <= 0x5c && to >= 0x5c));
  return language.kind === "repeat" ? needsEscapes(language.part) : language.parts.some(needsEscapes);
}

function limits(schema: Schema, low: string, high: string, path: string): [least: number, most: number] {
  const [least, most] = [schema[low] ?? 0, schema[high] ?? unlimited];
  const counts = (value: unknown): value is number => typeof value === "number" && value >= 0 && (Number.isInteger(value) || value === unlimited);
  if (!counts(least) || !counts(most) || most < least)
    return fail(path, `${low} and ${high} must be whole numbers, the first at most the second, got ${least} and ${most}`);
  return [least, most];
}

function list(value: unknown, path: string, name: string, least = 1): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least) return fail(path, `${name} must be a list${least > 0 ? " of one or more" : ""}`);
  return value;
}

function isOf(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function known(schema: Schema, allowed: readonly string[], path: string): void {
  for (const key of Object.keys(schema))
    if (!allowed.includes(key) && !annotations.has(key))
      fail(path, `"${key}" is not understood here, and would be ignored; understood are ${allowed.join(", ")}`);
}

function fail(path: string, what: string): never {
  throw new GenerateError(`jsonSchema: ${what}${path === "" ? "" : ` (at ${path.replace(/^\./, "")})`}`);
}
