import { flag, onlyKnown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type Mask, type MaskForm } from "../mask.ts";
import { type PerPosition, type PerRow, perPosition, perRow } from "../rows.ts";

// Masks that depend on the key and the row alone: keys in [start, end).
function between(form: MaskForm, rows: { readonly rows?: number }, start: (row: number) => number, end: (row: number) => number): Mask {
  return build(form, {
    ...rows,
    dependsOn: "key",
    allows: (_, key, row) => key >= start(row) && key < end(row),
    tile(_, keys, row) {
      const [from, to] = [start(row), end(row)];
      if (keys.end <= from || keys.start >= to) return "none";
      return keys.start >= from && keys.end <= to ? "all" : "some";
    },
  });
}

const everything = (): number => Number.POSITIVE_INFINITY;
const nothing = (): number => Number.NEGATIVE_INFINITY;

/** How a prefix is counted. */
export interface PrefixOptions {
  /**
   * The lengths count source tokens, and the inputs are the text shifted right by one start token: the two-way region is one longer, so
   * that it reaches the last source token (T5X; `decoder_causal_attention` of T5's `pack_prefix_lm_decoder_only`). Default: false, the
   * lengths count input positions. `prefixLanguageModel` of `@ashlar/data` has counted it already.
   */
  readonly oneOff?: boolean;
}

/**
 * Every query sees the first `length` keys, `key < length`; `or(causal, prefix(length))` is a prefix language model (Raffel et al. 2020,
 * arXiv 1910.10683, figure 3): both ways inside the prefix, causal after it. `lengths` is one number, or one for each row.
 *
 * @throws MaskError unless lengths are whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { causal, draw, or, prefix } from "@ashlar/mask";
 * console.log(draw(or(causal, prefix(4)), 8));
 * draw(or(causal, prefix(3, { oneOff: true })), 8); // the same: three source tokens behind a start token
 * ```
 */
export function prefix(lengths: PerRow, options: PrefixOptions = {}): Mask {
  onlyKnown("prefix", options, ["oneOff"]);
  flag("prefix", "oneOff", options.oneOff);
  const { at, rows, given } = perRow("prefix", "the length", lengths);
  const form = { kind: "prefix", parameters: { lengths: given } };
  return options.oneOff ? between({ ...form, options: { oneOff: true } }, rows, nothing, (row) => at(row) + 1) : between(form, rows, nothing, at);
}

/**
 * Rows padded on the right: keys from a row's length on are hidden, `key < length`. Queries stay as they are; `both(padding(lengths))`
 * hides the rows of padded queries as well.
 *
 * @throws MaskError unless lengths are whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { draw, padding } from "@ashlar/mask";
 * console.log(draw(padding([5, 3]), 5));
 * ```
 */
export function padding(lengths: PerRow): Mask {
  const { at, rows, given } = perRow("padding", "the length", lengths);
  return between({ kind: "padding", parameters: { lengths: given } }, rows, nothing, at);
}

/**
 * Rows padded on the left, by so many places: those keys are hidden, `key >= pads`. Prompts of a batch that is continued are padded so.
 *
 * @throws MaskError unless pads are whole numbers of at least 0.
 *
 * @example
 * ```ts
 * import { and, causal, draw, leftPadding } from "@ashlar/mask";
 * console.log(draw(and(causal, leftPadding([0, 2])), 5));
 * ```
 */
export function leftPadding(pads: PerRow): Mask {
  const { at, rows, given } = perRow("leftPadding", "the number of pads", pads);
  return between({ kind: "leftPadding", parameters: { pads: given } }, rows, at, everything);
}

/** What is known about positions beyond the given ones. */
export interface VisibleKeysOptions {
  /** Whether keys after the last given one are visible. Without it, a layout that goes there is an error. */
  readonly rest?: boolean;
}

/**
 * The keys whose flag is set: 1 or true for visible, as in Hugging Face's `attention_mask`. For all rows, or a list for each.
 *
 * @throws MaskError unless rows are equally long.
 *
 * @example
 * ```ts
 * import { and, causal, draw, visibleKeys } from "@ashlar/mask";
 * console.log(draw(and(causal, visibleKeys([1, 1, 0, 1, 1])), 5));
 * ```
 */
export function visibleKeys(flags: PerPosition, options: VisibleKeysOptions = {}): Mask {
  onlyKnown("visibleKeys", options, ["rest"]);
  const { rest } = options;
  flag("visibleKeys", "rest", rest);
  const { at, rows, given, length } = perPosition("visibleKeys", "flags", flags);
  const sees = (key: number, row: number): boolean => (key >= length ? rest === true : at(row)[key] !== 0 && key >= 0);
  return build(
    { kind: "visibleKeys", parameters: { flags: given }, ...(rest !== undefined && { options: { rest } }) },
    {
      ...rows,
      ...(rest === undefined && { known: { queries: Number.POSITIVE_INFINITY, keys: length } }),
      dependsOn: "key",
      allows: (_, key, row) => sees(key, row),
      tile(_, keys, row) {
        const first = sees(keys.start, row);
        for (let key = keys.start + 1; key < keys.end; key++) if (sees(key, row) !== first) return "some";
        return first ? "all" : "none";
      },
    },
  );
}

/**
 * The last `count` keys of each chunk of `length`: `and(causal, or(chunked(length), summaryKeys(length)))` is the fixed pattern of Sparse
 * Transformers (Child et al. 2019, arXiv 1904.10509).
 *
 * @throws MaskError unless both are whole numbers of at least 1 and the count is no more than the length.
 *
 * @example
 * ```ts
 * import { and, causal, chunked, draw, or, summaryKeys } from "@ashlar/mask";
 * console.log(draw(and(causal, or(chunked(3), summaryKeys(3))), 9));
 * ```
 */
export function summaryKeys(length: number, count = 1): Mask {
  wholeNumber("summaryKeys", "the length", length, 1);
  wholeNumber("summaryKeys", "the count", count, 1);
  if (count > length) throw new MaskError(`summaryKeys: a chunk of ${length} has no ${count} last keys`);
  const sees = (key: number): boolean => key - Math.floor(key / length) * length >= length - count;
  return build(
    { kind: "summaryKeys", parameters: count === 1 ? { length } : { length, count } },
    {
      dependsOn: "key",
      allows: (_, key) => sees(key),
      tile(_, { start, end }) {
        if (Math.floor(start / length) !== Math.floor((end - 1) / length)) return count === length ? "all" : "some";
        return sees(start) ? "all" : sees(end - 1) ? "some" : "none";
      },
    },
  );
}
