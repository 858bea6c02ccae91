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
  const isOther = ({ rows: own }: Mask): boolean => typeof own === "number" && layout.rows !== undefined && own !== rows;
  if (isOther(mask)) {
    const part = within(mask, isOther);
    throw new MaskError(
      `${where}: ${part.name} is for ${counted(part.rows, "row")}, and the batch has ${rows}; give it one entry for each row of the batch, or one number for all`,
    );
  }
  for (const [axis, { end }] of [
    ["queries", queries],
    ["keys", keys],
  ] as const) {
    const isShort = ({ known }: Mask): boolean => known !== undefined && end > known[axis];
    if (!isShort(mask)) continue;
    const part = within(mask, isShort);
    throw new MaskError(
      `${where}: ${part.name} knows ${counted(part.known?.[axis], "position")} of ${axis}, and the layout goes to ${end}; give it more, or say what comes after with { rest: … }`,
    );
  }
  return { queries, keys, rows: typeof mask.rows === "number" ? mask.rows : mask.rows === "each" ? rows : 1 };
}

function rangeOf(where: string, what: string, span: Span): Range {
  const [start, end] = typeof span === "object" ? ("start" in span ? [span.start, span.end] : span) : [0, span];
  if (Number.isInteger(start) && Number.isInteger(end) && start < end) return { start, end };
  throw new MaskError(`${where}: ${what} must be positions [start, end) with at least one between, got [${shown(start)}, ${shown(end)})`);
}

// The part of `and` and `or` that it is about.
function within(mask: Mask, isIt: (mask: Mask) => boolean): Mask {
  const parts = mask.form?.parameters.masks;
  const part = Array.isArray(parts) ? (parts as readonly Mask[]).find(isIt) : undefined;
  return part ? within(part, isIt) : mask;
}

function counted(count: Mask["rows"], what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
