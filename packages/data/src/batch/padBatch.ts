import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";

/** Rows of different lengths as one rectangle. */
export interface Rows<A extends Int32Array | Float32Array = Int32Array> {
  /** The rows one behind the other, padding included. */
  readonly data: A;
  /** `[batch, time]` */
  readonly shape: readonly [batch: number, time: number];
  /** How many entries of each row are no padding: what a padding mask takes. `[batch]` */
  readonly lengths: Int32Array;
}

/** What may stand in an example: rows of ids, rows of weights, or one whole number (a label, a prefix length). */
export type Field = Int32Array | Float32Array | number | undefined;

/** An object whose properties are all fields. */
export type Fields<E> = { readonly [K in keyof E]: Field };

/** A batch has the fields of its examples: rows become rectangles, numbers one array with an entry an example. */
export type Batch<E> = {
  readonly [K in keyof E]: NonNullable<E[K]> extends Float32Array ? Rows<Float32Array> : NonNullable<E[K]> extends Int32Array ? Rows<Int32Array> : Int32Array;
};

/** How rows are brought to one length. */
export interface PadOptions<E> {
  /** The id that fills `inputs`, `decoderInputs`, `targets` and `tokens`; all else is filled with 0. Default: 0. */
  readonly pad?: number;
  /** What fills a field, by its name, where that is something else: `{ labels: -100 }`. */
  readonly fill?: { readonly [K in keyof E]?: number };
  /** The length of every row, or of each field's rows. Default: the longest row of the batch. */
  readonly length?: number | { readonly [K in keyof E]?: number };
  /** Round the length up to a multiple of this, so that fewer shapes occur. Default: 1. */
  readonly multiple?: number;
  /** Which side the padding is on: `"left"` lines up the ends, for prompts that a decoder continues. Default: "right". */
  readonly side?: "right" | "left";
}

/** The names of all padding options, for the checks of functions that pass them on. */
export const padOptionNames: readonly string[] = ["pad", "fill", "length", "multiple", "side"];

const idFields = ["inputs", "decoderInputs", "targets", "tokens"];

/**
 * Examples as one batch: each field's rows are padded to one length. Left padding moves rows, not numbers: a field that
 * counts from the row's beginning (a prefix, a span) belongs to right padding.
 * @throws DataError for no examples, examples with different fields, rows longer than `length` (nothing is cut silently),
 * or a left-padded `prefix`.
 * @example
 * const batch = padBatch([nextToken([1, 2, 3]), nextToken([4, 5])]);
 * batch.inputs; // { data: 1 2 4 0, shape: [2, 2], lengths: 2 1 }
 */
export function padBatch<E extends Fields<E>>(examples: readonly E[], options: PadOptions<E> = {}): Batch<E> {
  onlyKnown("padBatch", options, padOptionNames);
  const { side = "right", multiple = 1 } = options;
  wholeNumber("padBatch", "multiple", multiple);
  if (side !== "right" && side !== "left") throw new DataError(`padBatch: side must be "right" or "left", got ${String(side)}`);
  const first = examples[0];
  if (first === undefined) throw new DataError("padBatch: no examples; a batch needs at least one");
  const names = fieldNames(first);
  examples.forEach((example, i) => {
    const others = fieldNames(example);
    if (others.join() !== names.join()) {
      throw new DataError(`padBatch: example ${i} has the fields ${others.join(", ")}, example 0 has ${names.join(", ")}; batch examples of one kind`);
    }
  });
  if (side === "left" && (names as string[]).includes("prefix")) {
    throw new DataError("padBatch: left padding would move the rows away from their prefix lengths; pad on the right");
  }
  return Object.fromEntries(names.map((name) => [name, column(examples, name, options)])) as Batch<E>;
}

function fieldNames<E extends object>(example: E): (keyof E & string)[] {
  return (Object.keys(example) as (keyof E & string)[]).filter((name) => example[name] !== undefined).sort();
}

function column<E extends Fields<E>>(examples: readonly E[], name: keyof E & string, options: PadOptions<E>): Rows | Rows<Float32Array> | Int32Array {
  const fields: readonly Field[] = examples.map((example) => example[name]);
  if (fields.every((field) => typeof field === "number")) {
    return Int32Array.from(fields, (value, i) => wholeNumber(`padBatch: example ${i}`, name, value, -(2 ** 31), 2 ** 31 - 1));
  }
  if (fields.every((field) => field instanceof Int32Array)) return rectangle(fields, name, options, (size) => new Int32Array(size));
  if (fields.every((field) => field instanceof Float32Array)) return rectangle(fields, name, options, (size) => new Float32Array(size));
  throw new DataError(`padBatch: the field ${name} must be an Int32Array, a Float32Array or a number, of one kind in all examples`);
}

function rectangle<E, A extends Int32Array | Float32Array>(
  rows: readonly A[],
  name: keyof E & string,
  options: PadOptions<E>,
  make: (size: number) => A,
): Rows<A> {
  const { pad = 0, fill, length, multiple = 1, side = "right" } = options;
  const longest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const given = typeof length === "object" ? length[name] : length;
  if (given !== undefined && longest > wholeNumber("padBatch", "length", given)) {
    const i = rows.findIndex((row) => row.length > given);
    throw new DataError(
      `padBatch: ${name} of example ${i} has ${rows[i]!.length} entries, more than the length ${given}; cut it before, or take a longer length`,
    );
  }
  const time = Math.ceil((given ?? longest) / multiple) * multiple;
  const filler = fill?.[name] ?? (idFields.includes(name) ? pad : 0);
  const data = make(rows.length * time);
  if (filler !== 0) data.fill(filler);
  rows.forEach((row, i) => {
    data.set(row, i * time + (side === "left" ? time - row.length : 0));
  });
  return { data, shape: [rows.length, time], lengths: Int32Array.from(rows, (row) => row.length) };
}
