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
