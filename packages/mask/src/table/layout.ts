import { shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import type { Mask, Range } from "../mask.ts";

/** Positions `[start, end)`; a number is its end, and it starts at 0. */
export type Span = number | readonly [start: number, end: number] | Range;

/** Which positions a mask is asked about. */
export interface Layout {
  /** The positions of the queries. Decoding the token at position 999: `[999, 1000]`. */
  readonly queries: Span;
  /** The positions of the keys. A cache that dropped its first three: `[3, 1000]`. */
  readonly keys: Span;
  /** How many rows the batch has. Default: as many as the mask is for, or 1. */
  readonly rows?: number;
}

/** A layout, checked. */
export interface Placed {
  /** The positions of the queries. */
  readonly queries: Range;
  /** The positions of the keys. */
  readonly keys: Range;
  /** Rows to ask the mask about: 1 when it is the same for all. */
  readonly rows: number;
}

/** @throws MaskError for a layout that isn't one, or that the mask isn't for. */
export function place(where: string, mask: Mask, layout: Layout): Placed {
  const queries = rangeOf(where, "queries", layout.queries);
  const keys = rangeOf(where, "keys", layout.keys);
  const { rows = 1 } = layout;
  if (!Number.isInteger(rows) || rows < 1) throw new MaskError(`${where}: rows must be a whole number of at least 1, got ${shown(rows)}`);
  if (typeof mask.rows === "number" && layout.rows !== undefined && mask.rows !== rows)
    throw new MaskError(
      `${where}: ${mask.name} is for ${counted(mask.rows, "row")}, and the batch has ${rows}; give it one entry for each row of the batch, or one number for all`,
    );
  for (const [axis, range] of [
    ["queries", queries],
    ["keys", keys],
  ] as const) {
    const known = mask.known?.[axis] ?? Number.POSITIVE_INFINITY;
    if (range.end > known)
      throw new MaskError(
        `${where}: ${mask.name} knows ${counted(known, "position")} of ${axis}, and the layout goes to ${range.end}; give it more, or say what comes after with { rest: … }`,
      );
  }
  return { queries, keys, rows: typeof mask.rows === "number" ? mask.rows : mask.rows === "each" ? rows : 1 };
}

function rangeOf(where: string, what: string, span: Span): Range {
  const [start, end] = typeof span === "object" ? ("start" in span ? [span.start, span.end] : span) : [0, span];
  if (Number.isInteger(start) && Number.isInteger(end) && start < end) return { start, end };
  throw new MaskError(`${where}: ${what} must be positions [start, end) with at least one between, got [${shown(start)}, ${shown(end)})`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
