import { bounds, isObject, isOf, limits, type Schema, target } from "./schema.ts";

/** Whether no value that is written for one schema is a value of the other, by what both say. False where that isn't certain. */
export function apart(one: unknown, other: unknown, root: unknown): boolean {
  return new Apart(root).never(one, other) && new Apart(root).never(other, one);
}

class Apart {
  readonly #root: unknown;
  /** References that have been followed: what comes by again says nothing new. */
  readonly #followed = new Set<string>();

  constructor(root: unknown) {
    this.#root = root;
  }

  /** Whether nothing that is written for a schema fits another. What is written for an object has the properties that it lists, and no more. */
  never(written: unknown, fitted: unknown): boolean {
    if (!isObject(written) || !isObject(fitted)) return false;
    for (const [side, schema] of [
      ["written", written],
      ["fitted", fitted],
    ] as const) {
      if (!("$ref" in schema)) continue;
      const step = `${side} ${String(schema.$ref)} ${JSON.stringify(side === "written" ? fitted : written)}`;
      if (this.#followed.has(step)) return false;
      this.#followed.add(step);
      const found = target(this.#root, schema.$ref, "");
      return side === "written" ? this.never(found, fitted) : this.never(written, found);
    }
    const choices = (schema: Schema): readonly unknown[] | undefined => [schema.anyOf, schema.oneOf].find(Array.isArray);
    const [ways, fits] = [choices(written), choices(fitted)];
    if (ways) return ways.every((way) => this.never(way, fitted));
    if (fits) return fits.every((fit) => this.never(written, fit));
    const values = "const" in written ? [written.const] : Array.isArray(written.enum) ? written.enum : undefined;
    if (values) return values.every((value) => !mayFit(value, fitted));
    // the types of values that are listed
    if ("const" in fitted || Array.isArray(fitted.enum))
      return ("const" in fitted ? [fitted.const] : (fitted.enum as unknown[])).every((value) => !mayFit(value, written));
    return typesOf(written).every((type) => typesOf(fitted).every((fit) => this.#typesApart(type, written, fit, fitted)));
  }

  #typesApart(type: string, written: Schema, fit: string, fitted: Schema): boolean {
    const numbers = ["number", "integer"];
    if (type !== fit && !(numbers.includes(type) && numbers.includes(fit))) return true;
    if (numbers.includes(type)) return beyond(bounds(written, ""), bounds(fitted, ""));
    if (type === "string") return outside(written, fitted, "minLength", "maxLength");
    if (type === "array") return outside(written, fitted, "minItems", "maxItems") || this.#itemsApart(written, fitted);
    return type === "object" && this.#objectsApart(written, fitted);
  }

  #itemsApart(written: Schema, fitted: Schema): boolean {
    const some = limits(written, "minItems", "maxItems", "")[0] > 0;
    return some && this.never(written.items, fitted.items);
  }

  #objectsApart(written: Schema, fitted: Schema): boolean {
    const [own, theirs] = [written.properties, fitted.properties].map((properties) => (isObject(properties) ? properties : {})) as [Schema, Schema];
    const [needed, theirNeeded] = [written.required, fitted.required].map((required) => (Array.isArray(required) ? (required as string[]) : [])) as [
      string[],
      string[],
    ];
    const lists = written.additionalProperties === undefined || written.additionalProperties === false;
    if (lists && theirNeeded.some((name) => !Object.hasOwn(own, name))) return true;
    if (fitted.additionalProperties === false && needed.some((name) => !Object.hasOwn(theirs, name))) return true;
    return needed.some((name) => Object.hasOwn(theirs, name) && this.never(own[name], theirs[name]));
  }
}

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? ["object", "array", "string", "number", "boolean", "null"] : ([type].flat() as string[]);
}

interface Interval {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

const beyond = (one: Interval, other: Interval): boolean =>
  (one.high ?? Number.POSITIVE_INFINITY) < (other.low ?? Number.NEGATIVE_INFINITY) ||
  (other.high ?? Number.POSITIVE_INFINITY) < (one.low ?? Number.NEGATIVE_INFINITY);

function outside(one: Schema, other: Schema, low: string, high: string): boolean {
  const [[least, most], [theirLeast, theirMost]] = [limits(one, low, high, ""), limits(other, low, high, "")];
  return most < theirLeast || theirMost < least;
}

/** Whether a value may be one of a schema's; true where that isn't certain. */
function mayFit(value: unknown, schema: Schema): boolean {
  if ("const" in schema) return same(value, schema.const);
  if (Array.isArray(schema.enum) && !schema.enum.some((each) => same(value, each))) return false;
  if ("$ref" in schema || "anyOf" in schema || "oneOf" in schema) return true;
  if (!typesOf(schema).some((type) => isOf(value, type))) return false;
  if (typeof value === "number") {
    const { low, high } = bounds(schema, "");
    return value >= (low ?? value) && value <= (high ?? value);
  }
  if (typeof value === "string") {
    const [least, most] = limits(schema, "minLength", "maxLength", "");
    const { length } = Array.from(value);
    return length >= least && length <= most && (typeof schema.pattern !== "string" || new RegExp(schema.pattern, "u").test(value));
  }
  return true;
}

/** Whether two values are one in JSON, the order of properties aside. */
function same(one: unknown, other: unknown): boolean {
  const ordered = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(ordered)
      : isObject(value)
        ? Object.fromEntries(
            Object.entries(value)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, part]) => [name, ordered(part)]),
          )
        : value;
  return JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));
}
