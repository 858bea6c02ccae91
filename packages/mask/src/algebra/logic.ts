import { type Cover, coverOf, isMask, type Mask, type Range } from "../mask.ts";
import { commonDependence, derive, needMasks } from "./derive.ts";
import { transposed } from "./positions.ts";

/**
 * What all of the masks show. Tiles combine by three-valued logic: none if one shows none, all if all show all.
 *
 * @throws MaskError when they are for different numbers of rows.
 *
 * @example
 * ```ts
 * import { and, causal, slidingWindow } from "@ashlar/mask";
 * and(causal, slidingWindow(8)).allows(9, 2, 0); // true
 * ```
 */
export function and(...masks: readonly [Mask, ...Mask[]]): Mask {
  return join("and", masks, "none", "all", (a, b) => (query, key, row) => a.allows(query, key, row) && b.allows(query, key, row));
}

/**
 * What any of the masks shows. Tiles combine by three-valued logic: all if one shows all, none if all show none.
 *
 * @throws MaskError when they are for different numbers of rows.
 *
 * @example
 * ```ts
 * import { causal, or, prefix } from "@ashlar/mask";
 * or(causal, prefix(5)).allows(0, 4, 0); // true: inside the prefix
 * ```
 */
export function or(...masks: readonly [Mask, ...Mask[]]): Mask {
  return join("or", masks, "all", "none", (a, b) => (query, key, row) => a.allows(query, key, row) || b.allows(query, key, row));
}

/**
 * What the mask hides.
 *
 * @example
 * ```ts
 * import { causal, not } from "@ashlar/mask";
 * not(causal).allows(2, 3, 0); // true: the future
 * ```
 */
export function not(mask: Mask): Mask {
  needMasks("not", [mask]);
  const inner = mask.form?.kind === "not" ? mask.form.parameters.mask : undefined;
  if (isMask(inner)) return inner;
  const opposite = { none: "all", some: "some", all: "none" } as const;
  return derive({ kind: "not", parameters: { mask } }, [mask], {
    ...commonDependence([mask]),
    allows: (query, key, row) => !mask.allows(query, key, row),
    ...(mask.tile && { tile: (queries, keys, row) => opposite[coverOf(mask, queries, keys, row)] }),
  });
}

/**
 * The mask for queries as well as for keys: `and(mask, transposed(mask))`. `both(padding(lengths))` also empties the rows of padded queries;
 * `both(visibleKeys(flags))` lets flagged positions see each other.
 *
 * @example
 * ```ts
 * import { both, draw, padding } from "@ashlar/mask";
 * console.log(draw(both(padding([4, 2])), 4));
 * ```
 */
export function both(mask: Mask): Mask {
  return and(mask, transposed(mask));
}

type Allows = Mask["allows"];

// `decided` is the cover that settles a tile alone, `agreed` the one that all must have
function join(kind: "and" | "or", masks: readonly Mask[], decided: Cover, agreed: Cover, pair: (a: Mask, b: { allows: Allows }) => Allows): Mask {
  needMasks(kind, masks);
  const parts = masks.flatMap((mask) => (mask.form?.kind === kind ? (mask.form.parameters.masks as readonly Mask[]) : [mask]));
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const last = parts.at(-1) as Mask;
  const rule = parts.slice(0, -1).reduceRight<{ allows: Allows }>((rest, mask) => ({ allows: pair(mask, rest) }), last);
  const tile = (queries: Range, keys: Range, row: number): Cover => {
    let cover = agreed;
    for (const mask of parts) {
      const one = coverOf(mask, queries, keys, row);
      if (one === decided) return decided;
      if (one === "some") cover = "some";
    }
    return cover;
  };
  return derive({ kind, parameters: { masks: parts } }, parts, {
    ...commonDependence(parts),
    allows: rule.allows,
    ...(parts.some((mask) => mask.tile) && { tile }),
  });
}

/** The one part of `and` and `or` that a rectangle hangs on, where the others have said what they show. */
export function undecided(mask: Mask, queries: Range, keys: Range, row: number): Mask {
  const { form } = mask;
  if (form?.kind !== "and" && form?.kind !== "or") return mask;
  const [part, ...others] = (form.parameters.masks as readonly Mask[]).filter((one) => coverOf(one, queries, keys, row) === "some");
  return part && others.length === 0 ? undecided(part, queries, keys, row) : mask;
}
