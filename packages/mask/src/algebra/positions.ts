import type { Mask } from "../mask.ts";
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
  const rule: Pick<Mask, "allows" | "tile"> = {
    allows: (query, key, row) => mask.allows(key, query, row),
    ...(mask.tile && { tile: (queries, keys, row) => mask.tile?.(keys, queries, row) ?? "some" }),
  };
  return derive({ kind: "transposed", parameters: { mask } }, [mask], rule, ({ queries, keys }) => ({ queries: keys, keys: queries }));
}
