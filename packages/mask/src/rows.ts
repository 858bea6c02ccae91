import { isList, shown, wholeNumber } from "./check.ts";
import { MaskError } from "./errors.ts";

/** One whole number for all rows of a batch, or one for each. */
export type PerRow = number | ArrayLike<number>;

/**
 * A number for every position: one list for all rows of a batch, a list for each row, or a rectangle `[batch, time]` as `padBatch` of
 * `@ashlar/data` makes it. Booleans count as 0 and 1.
 */
export type PerPosition = ArrayLike<number | boolean> | readonly ArrayLike<number | boolean>[] | Rectangle;

/** Rows of one length, one behind the other. */
export interface Rectangle {
  /** All rows, row-major. */
  readonly data: ArrayLike<number | boolean>;
  /** `[batch, time]` */
  readonly shape: readonly number[];
}

/** What was said for all rows or for each, checked and copied. */
export interface ByRow<T> {
  /** What holds for a row. */
  at(row: number): T;
  /** How many rows were given; empty when it is for all. */
  readonly rows: { readonly rows?: number };
  /** What the mask's form keeps. */
  readonly given: T | readonly T[];
}

/** @throws MaskError unless all numbers are whole and at least 0, and at least one is there. */
export function perRow(where: string, what: string, given: PerRow): { at(row: number): number; rows: { rows?: number }; given: number | Int32Array } {
  if (typeof given === "number") {
    wholeNumber(where, what, given);
    return { at: () => given, rows: {}, given };
  }
  if (!isList(given) || given.length === 0) throw new MaskError(`${where}: ${what} must be one number for all rows or one for each, got ${shown(given)}`);
  for (let row = 0; row < given.length; row++) wholeNumber(where, `${what} of row ${row}`, given[row] as number);
  const numbers = Int32Array.from(given);
  return { at: (row) => numbers[row] as number, rows: { rows: numbers.length }, given: numbers };
}

/** @throws MaskError unless there are whole numbers, as many in each row. */
export function perPosition(where: string, what: string, given: PerPosition): ByRow<Int32Array> & { readonly length: number } {
  if (isRectangle(given)) {
    const [rows = 0, time = 0] = given.shape;
    if (given.shape.length !== 2 || given.data.length !== rows * time)
      throw new MaskError(
        `${where}: ${what} of shape [${given.shape.join(", ")}] must be [batch, time] and have ${rows * time} numbers, got ${given.data.length}`,
      );
    const all = wholes(where, what, given.data);
    return ofRows(
      Array.from({ length: rows }, (_, row) => all.slice(row * time, (row + 1) * time)),
      where,
      what,
    );
  }
  if (!isList(given) || given.length === 0)
    throw new MaskError(`${where}: ${what} must be a list with a number for each position, or a list for each row; got ${shown(given)}`);
  if (isList(given[0]))
    return ofRows(
      Array.from(given as readonly ArrayLike<number>[], (list, row) => wholes(where, `${what} of row ${row}`, list)),
      where,
      what,
    );
  const numbers = wholes(where, what, given as ArrayLike<number>);
  return { at: () => numbers, rows: {}, given: numbers, length: numbers.length };
}

function ofRows(lists: readonly Int32Array[], where: string, what: string): ByRow<Int32Array> & { readonly length: number } {
  const length = lists[0]?.length ?? 0;
  const other = lists.findIndex((list) => list.length !== length);
  if (other > 0) throw new MaskError(`${where}: ${what} must have one length, got ${length} for row 0 and ${lists[other]?.length} for row ${other}; pad them`);
  return { at: (row) => lists[row] as Int32Array, rows: { rows: lists.length }, given: lists, length };
}

function wholes(where: string, what: string, given: ArrayLike<number | boolean>): Int32Array {
  if (!isList(given)) throw new MaskError(`${where}: ${what} must be a list of whole numbers, got ${shown(given)}`);
  return Int32Array.from(given, (value, index) => {
    const number = Number(value);
    if (number !== (number | 0) || typeof value === "string") throw new MaskError(`${where}: ${what} must be whole numbers, got ${shown(value)} at ${index}`);
    return number;
  });
}

function isRectangle(value: PerPosition): value is Rectangle {
  return typeof value === "object" && value !== null && "data" in value && "shape" in value;
}
