import { onlyKnown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type FormValue, type Known, type Mask } from "../mask.ts";
import { type PerPosition, perPosition } from "../rows.ts";

/** What else is known about documents. */
export interface SameDocumentOptions {
  /** The documents of the keys, where they are others than those of the queries: packed rows of an encoder-decoder. */
  readonly keys?: PerPosition;
  /** The id of positions that belong to no document: they see nothing and are not seen. Padding; text around images. */
  readonly none?: number;
  /** The id of all positions after the last given one. Without it, a layout that goes there is an error. */
  readonly rest?: number;
}

/**
 * A query sees the keys of its own document: ids for each position, for all rows or for each. With `causal` it lets packed documents see what
 * they would see alone; `or(causal, sameDocument(images, { none: -1 }))` shows each image token its whole image.
 *
 * @throws MaskError unless ids are whole numbers and rows are equally long.
 *
 * @example
 * ```ts
 * import { and, causal, draw, sameDocument } from "@ashlar/mask";
 * console.log(draw(and(causal, sameDocument([1, 1, 1, 2, 2, 0, 0], { none: 0 })), 7));
 * ```
 */
export function sameDocument(ids: PerPosition, options: SameDocumentOptions = {}): Mask {
  onlyKnown("sameDocument", options, ["keys", "none", "rest"]);
  const { none, rest } = options;
  const own = perPosition("sameDocument", "ids", ids);
  const others = options.keys === undefined ? own : perPosition("sameDocument", "ids of keys", options.keys);
  const rows = Object.assign({}, own.rows, others.rows);
  if (own.rows.rows !== undefined && own.rows.rows !== rows.rows)
    throw new MaskError(`sameDocument: ids are for ${own.rows.rows} rows, ids of keys for ${rows.rows}`);
  for (const [name, id] of Object.entries({ none, rest })) if (id !== undefined) wholeNumber("sameDocument", name, id, Number.MIN_SAFE_INTEGER);
  const kept: Record<string, FormValue> = {
    ...(options.keys && { keys: others.given }),
    ...(none !== undefined && { none }),
    ...(rest !== undefined && { rest }),
  };
  const known: { known?: Known } = rest === undefined ? { known: { queries: own.length, keys: others.length } } : {};
  // a position before the first, or after the last without `rest`, has no document: undefined
  const idAt = (list: Int32Array, position: number): number | undefined => (position >= list.length ? rest : list[position]);

  // the least and the greatest id among positions that have one, and whether all have
  function spread(list: Int32Array, { start, end }: { readonly start: number; readonly end: number }): { least: number; most: number; whole: boolean } {
    let [least, most, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
    for (let position = start; position < end; position++) {
      const id = idAt(list, position);
      if (id === undefined || id === none) {
        whole = false;
        continue;
      }
      if (id < least) least = id;
      if (id > most) most = id;
      if (position >= list.length) break;
    }
    return { least, most, whole };
  }

  return build(
    { kind: "sameDocument", parameters: { ids: own.given }, ...(Object.keys(kept).length > 0 && { options: kept }) },
    {
      ...rows,
      ...known,
      allows(query, key, row) {
        const id = idAt(own.at(row), query);
        return id !== undefined && id !== none && id === idAt(others.at(row), key);
      },
      tile(queries, keys, row) {
        const asked = spread(own.at(row), queries);
        const seen = spread(others.at(row), keys);
        if (asked.most < seen.least || seen.most < asked.least) return "none";
        const one = asked.whole && seen.whole && asked.least === asked.most && seen.least === seen.most;
        return one ? "all" : "some";
      },
    },
  );
}

/**
 * The documents of packed rows from the positions of their tokens: a new one begins wherever a position isn't the one before plus 1, as Hugging
 * Face's `find_packed_sequence_indices` finds them.
 *
 * @example
 * ```ts
 * import { documentIds } from "@ashlar/mask";
 * documentIds([0, 1, 2, 0, 1, 0]); // [0, 0, 0, 1, 1, 2]
 * ```
 */
export function documentIds(positions: ArrayLike<number>): Int32Array {
  let document = 0;
  return Int32Array.from(positions, (position, index) => {
    if (index > 0 && position !== (positions[index - 1] as number) + 1) document++;
    return document;
  });
}
