import { compile, type Mask } from "@ashlar/mask";

/** Rows of a batch that are read together, between two positions. */
export interface Stretch {
  /** The first position. */
  readonly from: number;
  /** The position after the last. */
  readonly to: number;
  /** How many rows. */
  readonly rows: number;
}

/**
 * Where to cut a text that is read in pieces of about `chunk` positions: the ends of the pieces, the last included. No piece ends where a
 * query before sees a key after, since that key isn't there yet: a prefix that sees both ways stays in one piece.
 */
export function pieces(mask: Mask, chunk: number, { from, to, rows }: Stretch): number[] {
  const ends: number[] = [];
  let start = from;
  for (let end = from + chunk; end < to; end += chunk) {
    if (shows(mask, [start, end], [end, to], rows)) continue;
    ends.push(end);
    start = end;
  }
  return [...ends, to];
}

/** Whether any query of a range sees any key of another. */
function shows(mask: Mask, queries: readonly [number, number], keys: readonly [number, number], rows: number): boolean {
  return compile(mask, { queries, keys, rows }).blocks.some((block) => block !== 0);
}

// Queries that are compared at a time.
const block = 64;

/**
 * The first position whose query sees something else under another mask, which is also asked about keys that weren't there before. What
 * stands before it is what it would be if it were read again; what comes after may not be.
 */
export function firstChange(before: Mask, after: Mask, { from: length, to: all, rows }: Stretch): number {
  for (let start = 0; start < length; start += block) {
    const queries = [start, Math.min(start + block, length)] as const;
    const stays = !shows(after, queries, [length, all], rows) && (before === after || sameTable(before, after, { queries, keys: [0, length] as const, rows }));
    if (stays) continue;
    for (let query = start; query < queries[1]; query++)
      for (let row = 0; row < rows; row++) {
        for (let key = 0; key < length; key++) if (before.allows(query, key, row) !== after.allows(query, key, row)) return query;
        for (let key = length; key < all; key++) if (after.allows(query, key, row)) return query;
      }
  }
  return length;
}

/** Whether two masks show the same, as far as their tables tell at once: equal ones may look different, never the other way round. */
function sameTable(before: Mask, after: Mask, layout: { queries: readonly [number, number]; keys: readonly [number, number]; rows: number }): boolean {
  const [one, other] = [before, after].map((mask) => compile(mask, layout)) as [ReturnType<typeof compile>, ReturnType<typeof compile>];
  return equal(one.blocks, other.blocks) && equal(one.tiles, other.tiles);
}

function equal(one: Int32Array, other: Int32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
