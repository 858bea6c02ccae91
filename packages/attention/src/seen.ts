import { compile, type Mask, type Range } from "@ashlar/mask";

/** A mask without the keys from a position on: they aren't there. */
export function upTo(mask: Mask, filled: number): Mask {
  const { name, known, rows } = mask;
  return {
    name,
    allows: (query, key, row) => key < filled && mask.allows(query, key, row),
    ...(mask.tile && {
      tile: (queries: Range, keys: Range, row: number) => {
        if (keys.start >= filled) return "none" as const;
        if (keys.end <= filled) return mask.tile?.(queries, keys, row) ?? "some";
        return mask.tile?.(queries, { start: keys.start, end: filled }, row) === "none" ? "none" : "some";
      },
    }),
    ...(rows === undefined ? {} : { rows }),
    // a mask that knows all keys that are there needn't know about room
    ...(known && { known: { ...known, keys: known.keys >= filled ? Number.POSITIVE_INFINITY : known.keys } }),
  };
}

/** Whether a mask shows a query of a range a key of another, in any row. */
export function shows(mask: Mask, queries: readonly [number, number], keys: readonly [number, number], rows: number): boolean {
  const [asked, seen] = [queries, keys].map(([start, end]) => ({ start, end })) as [Range, Range];
  const differing = mask.rows === undefined ? 1 : rows;
  const told = Array.from({ length: differing }, (_, row) => mask.tile?.(asked, seen, row) ?? "some");
  if (told.includes("all")) return true;
  return told.includes("some") && compile(mask, { queries, keys, rows }).blocks.some((block) => block !== 0);
}
