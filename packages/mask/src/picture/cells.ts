import type { Mask, Range } from "../mask.ts";
import { compile, type MaskTable } from "../table/compile.ts";
import { denseTable } from "../table/denseTable.ts";

/** A layout in cells of `high` × `long` pairs. */
export interface Cells {
  /** Queries. */
  readonly tall: number;
  /** Keys. */
  readonly wide: number;
  /** Queries in a cell. */
  readonly high: number;
  /** Keys in a cell. */
  readonly long: number;
  /** Cells in a line. */
  readonly across: number;
  /** Row-major: 0 shows nothing, 4 everything. */
  readonly levels: Uint8Array;
  /** Visible pairs. */
  readonly visible: number;
  /** All pairs. */
  readonly pairs: number;
}

/** Counts what one row of a mask shows, cell by cell. */
export function cellsOf(mask: Mask, queries: Range, keys: Range, { row, high, long }: Pick<Cells, "high" | "long"> & { readonly row: number }): Cells {
  const [tall, wide] = [queries.end - queries.start, keys.end - keys.start];
  const [down, across] = [Math.ceil(tall / high), Math.ceil(wide / long)];
  const sums = new Float64Array(down * across);
  let visible = 0;
  for (const [line, dense] of lines(mask, queries, keys, row)) {
    for (let key = 0; key < wide; key++) {
      if (dense[key] !== 1) continue;
      const cell = Math.floor(line / high) * across + Math.floor(key / long);
      sums[cell] = (sums[cell] as number) + 1;
      visible++;
    }
  }
  const levels = Uint8Array.from(sums, (sum, cell) => {
    const width = Math.min(long, wide - (cell % across) * long);
    const height = Math.min(high, tall - Math.floor(cell / across) * high);
    return Math.ceil((4 * sum) / (width * height));
  });
  return { tall, wide, high, long, across, levels, visible, pairs: tall * wide };
}

// One query after the other, from tables of 64 queries, so that long layouts need little memory.
function* lines(mask: Mask, queries: Range, keys: Range, row: number): Generator<[line: number, dense: Uint8Array]> {
  const one: Mask = {
    name: mask.name,
    allows: (query, key) => mask.allows(query, key, row),
    ...(mask.tile && { tile: (asked, seen) => mask.tile?.(asked, seen, row) ?? "some" }),
  };
  const wide = keys.end - keys.start;
  for (let start = queries.start; start < queries.end; start += 64) {
    const table: MaskTable = compile(one, { queries: { start, end: Math.min(start + 64, queries.end) }, keys });
    const dense = denseTable(table);
    for (let at = 0; at * wide < dense.length; at++) yield [start - queries.start + at, dense.subarray(at * wide, (at + 1) * wide)];
  }
}
