import { shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import { type FormValue, isMask, type Mask } from "../mask.ts";
import { kindOf, makeMask } from "./kinds.ts";
import { nearest } from "./nearest.ts";
import { writable } from "./print.ts";

/** A value of a mask written as JSON. */
export type MaskJSONValue = number | boolean | string | MaskJSON | readonly MaskJSONValue[];

/** A mask as plain data: its kind, and what it was given under the names of the parameters and options. */
export interface MaskJSON {
  /** The name of the function or constant: `"causal"`, `"or"`, `"prefix"`. */
  readonly kind: string;
  /** What it was given. */
  readonly [name: string]: MaskJSONValue;
}

/**
 * A mask as plain data, for `JSON.stringify`.
 *
 * @throws MaskError when a part of it is a closure or a mask of one's own.
 *
 * @example
 * ```ts
 * import { causal, or, prefix, toJSON } from "@ashlar/mask";
 * toJSON(or(causal, prefix(5))); // { kind: "or", masks: [{ kind: "causal" }, { kind: "prefix", lengths: 5 }] }
 * ```
 */
export function toJSON(mask: Mask): MaskJSON {
  const { kind, parameters, options } = writable("toJSON", mask);
  return { kind, ...Object.fromEntries(Object.entries({ ...parameters, ...options }).map(([name, value]) => [name, plain(value)])) };
}

function plain(value: FormValue): MaskJSONValue {
  if (isMask(value)) return toJSON(value);
  return typeof value === "object" ? Array.from<FormValue, MaskJSONValue>(value, plain) : (value as number | boolean | string);
}

/**
 * The mask that `toJSON` wrote down; equal to the one it was.
 *
 * @throws MaskError that says where in the data something is unknown, missing or out of range, with the nearest known name.
 *
 * @example
 * ```ts
 * import { fromJSON } from "@ashlar/mask";
 * const mask = fromJSON(JSON.parse('{ "kind": "slidingWindow", "length": 8 }'));
 * ```
 */
export function fromJSON(json: unknown): Mask {
  return read(json, "");
}

function read(json: unknown, path: string): Mask {
  const where = path === "" ? "fromJSON" : `fromJSON: at ${path.slice(1)}`;
  if (typeof json !== "object" || json === null || !("kind" in json) || typeof json.kind !== "string")
    throw new MaskError(`${where}: expected an object with a kind, such as { "kind": "causal" }, got ${shown(json)}`);
  const { kind: name, ...fields } = json as { readonly kind: string; readonly [name: string]: unknown };
  const kind = kindOf(where, name);
  const { parameters, options } = isMask(kind) ? { parameters: [], options: [] } : kind;
  const known = [...parameters, ...options];
  const stranger = Object.keys(fields).find((field) => !known.includes(field));
  if (stranger !== undefined)
    throw new MaskError(
      `${where}: ${name} has no ${shown(stranger)}; ${known.length === 0 ? "it takes nothing" : `did you mean ${nearest(stranger, known)}?`}`,
    );
  const value = (field: string): unknown => readValue(fields[field], `${path}.${field}`);
  const values = parameters.filter((field) => field in fields).map(value);
  const given = Object.fromEntries(options.filter((field) => field in fields).map((field) => [field, value(field)]));
  const spread = parameters[0] === "masks" ? values.flat() : values;
  try {
    return makeMask(kind, spread, given);
  } catch (error) {
    throw path !== "" && MaskError.is(error) && !error.message.startsWith("fromJSON") ? new MaskError(`${where}: ${error.message}`) : error;
  }
}

function readValue(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item, index) => readValue(item, `${path}[${index}]`));
  return typeof value === "object" && value !== null && "kind" in value ? read(value, path) : value;
}
