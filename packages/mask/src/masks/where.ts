import { onlyKnown, shown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type Mask, type Predicate } from "../mask.ts";

/** What a predicate says about rows. */
export interface WhereOptions {
  /** How many rows it is for. Default: any number; it is asked about each row when it takes three arguments, once for all when it takes two. */
  readonly rows?: number;
}

/**
 * Any rule at all: a query sees the keys for which the predicate holds. It runs on every device, since only tiles go there. It is asked about
 * every pair that the masks beside it leave open, and can't be written as JSON.
 *
 * @throws MaskError unless it is a function.
 *
 * @example
 * ```ts
 * import { and, causal, draw, where } from "@ashlar/mask";
 * console.log(draw(and(causal, where((query, key) => key < 2 || query - key < 3)), 8)); // attention sinks and a window
 * ```
 */
export function where(predicate: Predicate, options: WhereOptions = {}): Mask {
  onlyKnown("where", options, ["rows"]);
  if (typeof predicate !== "function") throw new MaskError(`where: expected a function of query, key and row, got ${shown(predicate)}`);
  if (options.rows !== undefined) wholeNumber("where", "rows", options.rows, 1);
  const rows = options.rows ?? (predicate.length > 2 ? "each" : undefined);
  const form = { kind: "where", parameters: { predicate }, ...(options.rows !== undefined && { options: { rows: options.rows } }) };
  return build(form, { allows: predicate, ...(rows !== undefined && { rows }) });
}
