import { onlyKnown, shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type FormValue, type Known, type Mask, type Range } from "../mask.ts";
import { type ByRow, type PerPosition, perPosition } from "../rows.ts";

/** What else is known about documents. */
export interface SameDocumentOptions {
  /** The documents of the keys, where they are others than those of the queries: packed rows of an encoder-decoder. */
  readonly keys?: PerPosition;
  /** The id of positions that belong to no document: they see nothing and are not seen. Padding; text around images. */
  readonly none?: number | undefined;
  /** The id of all positions after the last given one. Without it, a layout that goes there is an error. */
  readonly rest?: number | undefined;
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
  for (const [name, id] of Object.entries({ none, rest }))
    if (id !== undefined && !Number.isInteger(id)) throw new MaskError(`sameDocument: ${name} must be the id of a document, got ${shown(id)}`);
  const kept: Record<string, FormValue> = {
    ...(options.keys && { keys: others.given }),
    ...(none !== undefined && { none }),
    ...(rest !== undefined && { rest }),
  };
  const known: { known?: Known } = rest === undefined ? { known: { queries: own.length, keys: others.length } } : {};
  const [askedIds, seenIds] = [new Documents(own, { none, rest }), new Documents(others, { none, rest })];

  return build(
    { kind: "sameDocument", parameters: { ids: own.given }, ...(Object.keys(kept).length > 0 && { options: kept }) },
    {
      ...rows,
      ...known,
      allows(query, key, row) {
        const id = askedIds.at(query, row);
        return id !== undefined && id === seenIds.at(key, row);
      },
      tile(queries, keys, row) {
        const asked = askedIds.spread(queries, row);
        const seen = seenIds.spread(keys, row);
        if (asked.most < seen.least || seen.most < asked.least) return "none";
        return asked.whole && seen.whole && asked.least === asked.most && seen.least === seen.most ? "all" : "some";
      },
    },
  );
}

// Ids by row, with where runs of one id end, so that a long range costs as many steps as it has documents.
class Documents {
  readonly #ids: ByRow<Int32Array>;
  readonly #ends: readonly Int32Array[];
  readonly #none: number | undefined;
  readonly #rest: number | undefined;

  constructor(ids: ByRow<Int32Array>, { none, rest }: SameDocumentOptions) {
    this.#ids = ids;
    this.#none = none;
    this.#rest = rest;
    this.#ends = Array.from({ length: ids.rows.rows ?? 1 }, (_, row) => runEnds(ids.at(row)));
  }

  /** Undefined before the first position, after the last without a rest, and where a position belongs to no document. */
  at(position: number, row: number): number | undefined {
    const ids = this.#ids.at(row);
    const id = position >= ids.length ? this.#rest : ids[position];
    return id === this.#none ? undefined : id;
  }

  /** The least and the greatest id among positions that have one, and whether all have. */
  spread({ start, end }: Range, row: number): { readonly least: number; readonly most: number; readonly whole: boolean } {
    const ends = this.#ends[this.#ids.rows.rows === undefined ? 0 : row] as Int32Array;
    let [least, most, whole] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
    for (let position = start; position < end; position = position < 0 ? 0 : (ends[position] ?? end)) {
      const id = this.at(position, row);
      if (id === undefined) whole = false;
      else {
        least = Math.min(least, id);
        most = Math.max(most, id);
      }
    }
    return { least, most, whole };
  }
}

// For each position, the end of the run of equal ids that it stands in.
function runEnds(ids: Int32Array): Int32Array {
  const ends = new Int32Array(ids.length);
  for (let position = ids.length - 1; position >= 0; position--) {
    const goesOn = position + 1 < ids.length && ids[position + 1] === ids[position];
    ends[position] = goesOn ? (ends[position + 1] as number) : position + 1;
  }
  return ends;
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
