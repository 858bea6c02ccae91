import { GenerateError } from "../errors.ts";

/** A schema that is an object. */
export type Schema = { readonly [key: string]: unknown };

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

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is of a type that schemas name. */
export function isOf(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

/** Throws when a schema says what nobody would read. */
export function known(schema: Schema, allowed: readonly string[], path: string): void {
  for (const key of Object.keys(schema))
    if (!allowed.includes(key) && !annotations.has(key))
      fail(path, `"${key}" is not understood here, and would be ignored; understood are ${allowed.join(", ")}`);
}

/** A keyword that is a list. */
export function list(value: unknown, path: string, name: string, least = 1): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least) return fail(path, `${name} must be a list${least > 0 ? " of one or more" : ""}`);
  return value;
}

/** Two keywords that limit a count. */
export function limits(schema: Schema, low: string, high: string, path: string): [least: number, most: number] {
  const [least, most] = [schema[low] ?? 0, schema[high] ?? Number.POSITIVE_INFINITY];
  const counts = (value: unknown): value is number =>
    typeof value === "number" && value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY);
  if (!counts(least) || !counts(most) || most < least)
    return fail(path, `${low} and ${high} must be whole numbers, the first at most the second, got ${least} and ${most}`);
  return [least, most];
}

/** The bounds of a number, both included. */
export function bounds(schema: Schema, path: string): { readonly low: number | undefined; readonly high: number | undefined } {
  const bound = (name: string): number | undefined => {
    const value = schema[name];
    if (value === undefined) return undefined;
    return typeof value === "number" && Number.isFinite(value) ? value : fail(path, `${name} must be a number, got ${JSON.stringify(value)}`);
  };
  const [above, below] = ["exclusiveMinimum", "exclusiveMaximum"].map((name) => {
    const value = bound(name);
    if (value !== undefined && Math.abs(value) >= Number.MAX_SAFE_INTEGER)
      fail(path, `${name} must be below 2⁵³, where the next integer is a number too, got ${value}`);
    return value;
  });
  // integers beside a bound that doesn't belong to them
  const least = [bound("minimum"), above === undefined ? undefined : Math.floor(above) + 1].filter((each) => each !== undefined);
  const most = [bound("maximum"), below === undefined ? undefined : Math.ceil(below) - 1].filter((each) => each !== undefined);
  const [low, high] = [least.length > 0 ? Math.max(...least) : undefined, most.length > 0 ? Math.min(...most) : undefined];
  if (low !== undefined && high !== undefined && (schema.type === "integer" ? Math.ceil(low) > Math.floor(high) : low > high))
    fail(path, `no number is at least ${low} and at most ${high}`);
  return { low, high };
}

/** What a reference points at. */
export function target(root: unknown, reference: unknown, path: string): unknown {
  if (typeof reference !== "string" || !/^#(\/|$)/.test(reference))
    return fail(path, `$ref must point into this schema ("#/$defs/name"), got ${JSON.stringify(reference)}`);
  let found: unknown = root;
  for (const key of reference.slice(2).split("/").filter(Boolean)) {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
    found = isObject(found) || Array.isArray(found) ? (found as Schema)[name] : undefined;
  }
  return found === undefined ? fail(path, `there is nothing at ${reference}`) : found;
}

/** Throws a mistake of a schema, with its place. */
export function fail(path: string, what: string): never {
  throw new GenerateError(`jsonSchema: ${what}${path === "" ? "" : ` (at ${path.replace(/^\./, "")})`}`);
}
