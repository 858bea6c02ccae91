import { ModelsError } from "../errors.ts";

/** Rows of token ids as one table. */
export interface PaddedRows {
  /** [rows, width] row-major. */
  readonly ids: Int32Array;
  /** The longest row. */
  readonly width: number;
}

/**
 * A table of token ids, each row padded on one side with 0; a mask hides the padding.
 *
 * @throws ModelsError when there is no row, or an empty one.
 */
export function padded(rows: readonly (readonly number[])[], side: "left" | "right", where: string): PaddedRows {
  const empty = rows.findIndex((row) => row.length === 0);
  if (rows.length === 0) throw new ModelsError(`${where}: expected at least one prompt, got none`);
  if (empty >= 0) throw new ModelsError(`${where}: expected at least one token in each prompt, got none in row ${empty}; begin it with a start token`);
  const width = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * width);
  for (const [index, row] of rows.entries()) ids.set(row, index * width + (side === "left" ? width - row.length : 0));
  return { ids, width };
}

/**
 * Rows of one length as a table [rows, width], from one of their places up to another.
 *
 * @throws ModelsError when they differ in length, or have no token.
 */
export function table(rows: readonly (readonly number[])[], start = 0, end = rows[0]?.length ?? 0): Int32Array {
  const width = rows[0]?.length ?? 0;
  const other = rows.findIndex((row) => row.length !== width || width === 0);
  if (other >= 0)
    throw new ModelsError(
      `decoder: expected rows of ${width || "some"} tokens to read, got ${rows[other]?.length} in row ${other}; a row of another length goes on alone: select(state, Int32Array.of(row))`,
    );
  return Int32Array.from(rows.flatMap((row) => row.slice(start, end)));
}

/** @throws ModelsError unless there is one for each row of a state. */
export function expectRows(given: readonly unknown[], rows: number): void {
  if (given.length !== rows)
    throw new ModelsError(
      `decoder: expected tokens for ${rows} row${rows === 1 ? "" : "s"}, as in the state, got them for ${given.length}; select(state, rows) changes the rows`,
    );
}

/** @throws ModelsError unless a prompt can be read in pieces of so many positions. */
export function expectChunk(chunk: number): void {
  if (chunk !== Number.POSITIVE_INFINITY && (!Number.isInteger(chunk) || chunk < 1))
    throw new ModelsError(`decoder: chunk must be a whole number of positions of at least 1, got ${chunk}`);
}
