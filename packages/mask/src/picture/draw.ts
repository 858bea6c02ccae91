import { onlyKnown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import type { Mask } from "../mask.ts";
import { type Layout, place } from "../table/layout.ts";

/** How a drawing looks. */
export interface DrawOptions {
  /** The one row of the batch to draw. Default: all rows that differ, one under the other. */
  readonly row?: number;
  /** Draws the boundaries of blocks of so many queries and keys: `[64, 128]`, or one number for both. */
  readonly blocks?: number | readonly [queries: number, keys: number];
}

/**
 * A mask as text: a line for each query, `#` where it sees a key and `.` where it doesn't. `layout` may be one number, for as many queries as keys.
 *
 * @throws MaskError when the mask isn't for the layout, or has no such row.
 *
 * @example
 * ```ts
 * import { causal, draw, or, prefix } from "@ashlar/mask";
 * console.log(draw(or(causal, prefix(3)), 6, { blocks: 3 }));
 * // ###│...
 * // ###│...
 * // ###│...
 * // ───┼───
 * // ###│#..
 * // ###│##.
 * // ###│###
 * ```
 */
export function draw(mask: Mask, layout: number | Layout, options: DrawOptions = {}): string {
  onlyKnown("draw", options, ["row", "blocks"]);
  const { queries, keys, rows } = place("draw", mask, layoutOf(layout));
  const [high, wide] = blocksOf("draw", options.blocks);
  const line = (query: number, row: number): string => {
    let text = "";
    for (let key = keys.start; key < keys.end; key++) text += (divides(key - keys.start, wide) ? "│" : "") + (mask.allows(query, key, row) ? "#" : ".");
    return text;
  };
  const between = line(queries.start, 0).replaceAll("│", "┼").replaceAll(/[#.]/g, "─");
  const drawing = (row: number): string =>
    Array.from({ length: queries.end - queries.start }, (_, at) => (divides(at, high) ? `${between}\n` : "") + line(queries.start + at, row)).join("\n");
  if (options.row !== undefined) return drawing(rowOf("draw", options.row, mask, rows));
  return rows === 1 ? drawing(0) : Array.from({ length: rows }, (_, row) => `row ${row}\n${drawing(row)}`).join("\n\n");
}

/** One number is a square. */
export function layoutOf(layout: number | Layout): Layout {
  return typeof layout === "number" ? { queries: layout, keys: layout } : layout;
}

/** The sizes of blocks whose boundaries are drawn; Infinity draws none. */
export function blocksOf(where: string, blocks: DrawOptions["blocks"] = Number.POSITIVE_INFINITY): readonly [queries: number, keys: number] {
  const sizes = typeof blocks === "number" ? ([blocks, blocks] as const) : blocks;
  for (const size of sizes) if (size !== Number.POSITIVE_INFINITY) wholeNumber(where, "the size of blocks", size, 1);
  return sizes;
}

/** @throws MaskError unless the mask has the row. */
export function rowOf(where: string, row: number, mask: Mask, rows: number): number {
  wholeNumber(where, "the row", row);
  if (typeof mask.rows !== "number" || row < rows) return row;
  throw new MaskError(`${where}: there is no row ${row}; ${mask.name} is for ${rows} rows, 0 to ${rows - 1}`);
}

const divides = (at: number, size: number): boolean => at > 0 && at % size === 0;
