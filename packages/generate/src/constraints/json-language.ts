import { apart } from "./json-apart.ts";
import { integersBetween, numbersBetween } from "./json-numbers.ts";
import { either, type Language, literal, repeat, ruled, sequence } from "./language.ts";
import { languageOf } from "./pattern.ts";
import { productiveIn } from "./productive.ts";
import { bounds, fail, isObject, isOf, known, limits, list, type Schema, target } from "./schema.ts";

const unlimited = Number.POSITIVE_INFINITY;
const integer = languageOf("-?(0|[1-9][0-9]*)");
const number = languageOf("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
const character = languageOf('[^"\\\\\\x00-\\x1f]|\\\\(["\\\\/bfnrt]|u[0-9a-fA-F]{4})');

/** What each type may say. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern"],
  number: ["minimum", "maximum"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  boolean: [],
  null: [],
};

/** The texts that a schema describes; `gap` is what may stand after a comma and a colon. */
export function schemaLanguage(root: unknown, gap: Language): Language {
  const language = new Reading(root, gap).language(root, "");
  if (!productiveIn(language)(language)) fail("", "no value is ever complete: what it requires requires it again; let something end it, such as null");
  return language;
}

class Reading {
  readonly #root: unknown;
  readonly #comma: Language;
  readonly #colon: Language;
  /** The languages of references, so that one may come upon itself. */
  readonly #references = new Map<string, Language>();
  /** Any value at all. */
  readonly #any: Language;

  constructor(root: unknown, gap: Language) {
    this.#root = root;
    this.#comma = sequence(literal(","), gap);
    this.#colon = sequence(literal(":"), gap);
    this.#any = ruled("any value", () =>
      either(text({}, ""), number, either(...["true", "false", "null"].map(literal)), this.#list(this.#any), this.#map(this.#any)),
    );
  }

  language(schema: unknown, path: string): Language {
    if (schema === true) return this.#any;
    if (!isObject(schema)) return fail(path, `expected a schema, an object, got ${JSON.stringify(schema)}`);
    for (const [keyword, alternative] of [
      ["const", () => this.#among([schema.const], schema.type, path)],
      ["enum", () => this.#among(list(schema.enum, path, "enum"), schema.type, path)],
      ["anyOf", () => either(...list(schema.anyOf, path, "anyOf").map((each, index) => this.language(each, `${path}.anyOf.${index}`)))],
      ["oneOf", () => this.#oneOf(list(schema.oneOf, path, "oneOf"), `${path}.oneOf`)],
      ["$ref", () => this.#referred(schema.$ref, path)],
    ] as const) {
      if (!(keyword in schema)) continue;
      const allowed = keyword === "const" || keyword === "enum" ? [keyword, "type"] : [keyword];
      known(schema, allowed, path);
      return alternative();
    }
    if (schema.type === undefined) {
      known(schema, ["type", "enum", "const", "anyOf", "oneOf", "$ref"], path);
      return this.#any;
    }
    const types = Array.isArray(schema.type) ? schema.type : [schema.type];
    for (const type of types)
      if (!(String(type) in keywords)) fail(path, `type must be one of ${Object.keys(keywords).join(", ")}, got ${JSON.stringify(type)}`);
    known(schema, ["type", ...types.flatMap((type) => keywords[type] ?? [])], path);
    return either(...types.map((type) => this.#typed(type, schema, path)));
  }

  #typed(type: string, schema: Schema, path: string): Language {
    if (type === "object") return this.#object(schema, path);
    if (type === "array") return this.#array(schema, path);
    if (type === "string") return text(schema, path);
    if (type === "number" || type === "integer") return numeric(type, schema, path);
    return type === "boolean" ? either(literal("true"), literal("false")) : literal("null");
  }

  #object(schema: Schema, path: string): Language {
    const { properties = {}, required = [], additionalProperties = false } = schema;
    if (!isObject(properties)) return fail(path, "properties must be an object");
    const names = Object.keys(properties);
    if (additionalProperties !== false) {
      if (names.length > 0 || list(required, path, "required", 0).length > 0)
        fail(path, "additionalProperties beside properties must be false or left out: what is not listed is never said");
      return this.#map(this.language(additionalProperties, `${path}.additionalProperties`));
    }
    const needed = new Set(list(required, path, "required", 0));
    for (const name of needed) if (!names.includes(String(name))) fail(path, `required names ${JSON.stringify(name)}, which is not among the properties`);
    const each = names.map((name) => sequence(literal(JSON.stringify(name)), this.#colon, this.language(properties[name], `${path}.properties.${name}`)));
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

  #array(schema: Schema, path: string): Language {
    const [least, most] = limits(schema, "minItems", "maxItems", path);
    return this.#list(schema.items === undefined ? this.#any : this.language(schema.items, `${path}.items`), least, most);
  }

  #list(item: Language, least = 0, most = unlimited): Language {
    if (most === 0) return literal("[]");
    const some = sequence(item, repeat(sequence(this.#comma, item), Math.max(0, least - 1), most - 1));
    return sequence(literal("["), least === 0 ? repeat(some, 0, 1) : some, literal("]"));
  }

  /** Any names, each with a value; of those that come twice the last counts, as in JavaScript. */
  #map(value: Language): Language {
    const property = sequence(text({}, ""), this.#colon, value);
    return sequence(literal("{"), repeat(sequence(property, repeat(sequence(this.#comma, property), 0, unlimited)), 0, 1), literal("}"));
  }

  /** One of some schemas and of no other: where no value can be of two, that is any of them. */
  #oneOf(schemas: readonly unknown[], path: string): Language {
    const languages = schemas.map((each, index) => this.language(each, `${path}.${index}`));
    for (const [index, each] of schemas.entries())
      for (const other of schemas.keys())
        if (other < index && !apart(schemas[other], each, this.#root))
          fail(
            path,
            `a value may be of both ${other} and ${index}, and oneOf wants one alone; tell them apart by a required property with const, or say anyOf`,
          );
    return either(...languages);
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

  #referred(reference: unknown, path: string): Language {
    const schema = target(this.#root, reference, path);
    const name = reference as string;
    const known = this.#references.get(name);
    if (known) return known;
    this.#expectBetween(schema, path, [name]);
    const language = ruled(name, () => this.language(schema, name));
    this.#references.set(name, language);
    return language;
  }

  /** Throws when a reference leads back to itself with nothing between. */
  #expectBetween(schema: unknown, path: string, trail: readonly string[]): void {
    if (!isObject(schema)) return;
    for (const choice of [schema.anyOf, schema.oneOf]) if (Array.isArray(choice)) for (const each of choice) this.#expectBetween(each, path, trail);
    if (typeof schema.$ref !== "string") return;
    if (trail.includes(schema.$ref)) fail(path, `${schema.$ref} refers to itself with nothing between; an object or an array must stand there`);
    this.#expectBetween(target(this.#root, schema.$ref, path), path, [...trail, schema.$ref]);
  }
}

function numeric(type: "number" | "integer", schema: Schema, path: string): Language {
  const { low, high } = bounds(schema, path);
  const bounded = low !== undefined || high !== undefined;
  if (type === "integer") return bounded ? integersBetween({ low, high }) : integer;
  // a fraction that is beyond a bound by little is read as the bound itself
  for (const name of ["exclusiveMinimum", "exclusiveMaximum"])
    if (name in schema) fail(path, `"${name}" is understood for integers alone; say ${name === "exclusiveMinimum" ? "minimum" : "maximum"}`);
  return bounded ? numbersBetween({ low, high }) : number;
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
  if (language.kind === "ruled") return needsEscapes(language.rule.language());
  return language.kind === "repeat" ? needsEscapes(language.part) : language.parts.some(needsEscapes);
}
