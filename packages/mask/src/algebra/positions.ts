import { wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, coverOf, type Mask, type Range } from "../mask.ts";
import { perRow } from "../rows.ts";
import { derive, needMasks } from "./derive.ts";

/**
 * The mask with queries and keys exchanged: who is seen sees.
 *
 * @example
 * ```ts
 * import { causal, transposed } from "@ashlar/mask";
 * transposed(causal).allows(2, 5, 0); // true: itself and what comes after
 * ```
 */
export function transposed(mask: Mask): Mask {
  needMasks("transposed", [mask]);
  const rule: Pick<Mask, "allows" | "tile" | "dependsOn"> = {
    ...(mask.dependsOn === "distance" && { dependsOn: "distance" }),
    allows: (query, key, row) => mask.allows(key, query, row),
    ...(mask.tile && { tile: (queries, keys, row) => coverOf(mask, keys, queries, row) }),
  };
  return derive({ kind: "transposed", parameters: { mask } }, [mask], rule, ({ queries, keys }) => ({ queries: keys, keys: queries }));
}

/**
 * The mask on blocks of `length` positions: a query sees the keys of the blocks that its block sees. `blocked(length, causal)` is full inside a
 * block and causal between blocks (block diffusion); BigBird (Zaheer et al. 2020, arXiv 2007.14062) is a window, global tokens and a `dense`
 * drawing of random blocks, blocked.
 *
 * @throws MaskError unless the length is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { blocked, causal, draw } from "@ashlar/mask";
 * console.log(draw(blocked(3, causal), 9));
 * ```
 */
export function blocked(length: number, mask: Mask): Mask {
  wholeNumber("blocked", "the length", length, 1);
  needMasks("blocked", [mask]);
  const block = (position: number): number => Math.floor(position / length);
  const blocks = ({ start, end }: Range): Range => ({ start: block(start), end: block(end - 1) + 1 });
  const rule: Pick<Mask, "allows" | "tile"> = {
    allows: (query, key, row) => mask.allows(block(query), block(key), row),
    ...(mask.tile && { tile: (queries, keys, row) => coverOf(mask, blocks(queries), blocks(keys), row) }),
  };
  return derive({ kind: "blocked", parameters: { length, mask } }, [mask], rule, ({ queries, keys }) => ({ queries: queries * length, keys: keys * length }));
}

/**
 * The mask for other rows: row r is what row `rows[r]` was. For batches whose rows are dropped, repeated or put in another order, as beams are.
 *
 * @throws MaskError when the mask doesn't have such a row.
 *
 * @example
 * ```ts
 * import { padding, selectRows } from "@ashlar/mask";
 * selectRows(padding([5, 3]), [1, 1, 0]); // shows what padding([3, 3, 5]) shows
 * ```
 */
export function selectRows(mask: Mask, rows: ArrayLike<number>): Mask {
  needMasks("selectRows", [mask]);
  const { at, given } = perRow("selectRows", "the row", Array.from(rows));
  const count = typeof mask.rows === "number" ? mask.rows : Number.POSITIVE_INFINITY;
  const stranger = Array.from(rows).find((row) => row >= count);
  if (stranger !== undefined) throw new MaskError(`selectRows: there is no row ${stranger}; ${mask.name} is for ${count} rows, 0 to ${count - 1}`);
  const rule: Omit<Mask, "name" | "form"> = {
    ...(mask.dependsOn && { dependsOn: mask.dependsOn }),
    ...(mask.known && { known: mask.known }),
    rows: rows.length,
    allows: (query, key, row) => mask.allows(query, key, at(row)),
    ...(mask.tile && { tile: (queries, keys, row) => coverOf(mask, queries, keys, at(row)) }),
  };
  return build({ kind: "selectRows", parameters: { mask, rows: given } }, rule);
}
