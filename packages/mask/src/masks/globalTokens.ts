import { isList, shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type Mask, type Range } from "../mask.ts";

/**
 * Tokens at these positions see all and are seen by all; `or(bidirectionalWindow(w), globalTokens(positions))` is Longformer's global and
 * local attention (Beltagy et al. 2020, arXiv 2004.05150). For global tokens by row, `or(prefix(lengths), transposed(prefix(lengths)))`.
 *
 * @throws MaskError unless positions are whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { bidirectionalWindow, draw, globalTokens, or } from "@ashlar/mask";
 * console.log(draw(or(bidirectionalWindow(1), globalTokens([0])), 8));
 * ```
 */
export function globalTokens(positions: ArrayLike<number>): Mask {
  if (!isList(positions)) throw new MaskError(`globalTokens: expected a list of positions, got ${shown(positions)}`);
  const sorted = Array.from(positions).sort((a, b) => a - b);
  if (sorted.some((position) => !Number.isInteger(position) || position < 0))
    throw new MaskError(`globalTokens: positions must be whole numbers of at least 0, got ${shown(Array.from(positions))}`);
  const set = new Set(sorted);
  const among = ({ start, end }: Range): number =>
    sorted.filter((position, index) => position >= start && position < end && sorted[index - 1] !== position).length;
  return build(
    { kind: "globalTokens", parameters: { positions: Int32Array.from(positions) } },
    {
      allows: (query, key) => set.has(query) || set.has(key),
      tile(queries, keys) {
        const [asked, seen] = [among(queries), among(keys)];
        if (asked === 0 && seen === 0) return "none";
        return asked === queries.end - queries.start || seen === keys.end - keys.start ? "all" : "some";
      },
    },
  );
}
