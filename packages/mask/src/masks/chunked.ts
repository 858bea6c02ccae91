import { onlyKnown, wholeNumber } from "../check.ts";
import { build, type Mask } from "../mask.ts";
import { type PerRow, perRow } from "../rows.ts";

/** Where chunks begin. */
export interface ChunkedOptions {
  /** The position of the first chunk's first token, for all rows or for each: the number of pads on the left. Default: 0. */
  readonly start?: PerRow;
}

/**
 * A query sees the keys of its own chunk of `length` positions, `⌊(query − start) / length⌋ = ⌊(key − start) / length⌋`; with `causal` it is
 * Llama 4's chunked attention. Chunks count from the first real token; pads before it form chunks of their own.
 *
 * @throws MaskError unless the length is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { and, causal, chunked, draw } from "@ashlar/mask";
 * console.log(draw(and(causal, chunked(3)), 9));
 * ```
 */
export function chunked(length: number, options: ChunkedOptions = {}): Mask {
  wholeNumber("chunked", "the length", length, 1);
  onlyKnown("chunked", options, ["start"]);
  const { at, rows, given } = perRow("chunked", "the start", options.start ?? 0);
  const chunk = (position: number, row: number): number => Math.floor((position - at(row)) / length);
  return build(
    { kind: "chunked", parameters: { length }, ...(given !== 0 && { options: { start: given } }) },
    {
      ...rows,
      allows: (query, key, row) => chunk(query, row) === chunk(key, row),
      tile(queries, keys, row) {
        const [firstQuery, lastQuery] = [chunk(queries.start, row), chunk(queries.end - 1, row)];
        const [firstKey, lastKey] = [chunk(keys.start, row), chunk(keys.end - 1, row)];
        if (lastQuery < firstKey || lastKey < firstQuery) return "none";
        return firstQuery === lastQuery && firstKey === lastKey ? "all" : "some";
      },
    },
  );
}
