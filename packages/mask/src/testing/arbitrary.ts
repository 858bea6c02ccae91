import fc from "fast-check";
import {
  and,
  bidirectionalWindow,
  blocked,
  causal,
  chunked,
  dense,
  dilated,
  full,
  globalTokens,
  leftPadding,
  type Mask,
  not,
  or,
  padding,
  prefix,
  sameDocument,
  selectRows,
  slidingWindow,
  summaryKeys,
  transposed,
  visibleKeys,
  where,
} from "../index.ts";

/** The rows of every arbitrary mask that differs by row. */
export const batch = 3;

const length = fc.integer({ min: 1, max: 50 });
const place = fc.integer({ min: 0, max: 90 });
const perRow = fc.oneof(place, fc.array(place, { minLength: batch, maxLength: batch }));
const perPosition = (value: fc.Arbitrary<number>): fc.Arbitrary<number[] | number[][]> => {
  const list = fc.array(value, { minLength: 60, maxLength: 60 });
  return fc.oneof(list, fc.array(list, { minLength: batch, maxLength: batch }));
};
// documents lie in runs, in order or not
const ids = fc.oneof(
  perPosition(fc.integer({ min: 0, max: 2 })),
  fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }).map((runs) => runs.flatMap((run, id) => Array<number>(run).fill(id % 4))),
);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const given = <T extends object>(options: T): T => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
const drawn = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 40 }))
  .chain(([high, wide]) => fc.array(fc.array(fc.boolean(), { minLength: wide, maxLength: wide }), { minLength: high, maxLength: high }));

/** A mask of one kind, that knows all positions. */
const written: fc.Arbitrary<Mask> = fc.oneof(
  fc.constantFrom(full, causal),
  length.map(slidingWindow),
  fc.tuple(place, place).map(([before, after]) => bidirectionalWindow(before, after)),
  length.map(dilated),
  fc.tuple(perRow, fc.boolean()).map(([lengths, oneOff]) => prefix(lengths, { oneOff })),
  perRow.map(padding),
  perRow.map(leftPadding),
  fc.tuple(perPosition(fc.integer({ min: 0, max: 1 })), fc.boolean()).map(([flags, rest]) => visibleKeys(flags, { rest })),
  fc.tuple(length, length).map(([a, b]) => summaryKeys(Math.max(a, b), Math.min(a, b))),
  fc.tuple(length, perRow).map(([size, start]) => chunked(size, { start })),
  fc.tuple(ids, maybe(fc.integer({ min: -1, max: 2 })), fc.integer({ min: -1, max: 3 })).map(([own, none, rest]) => sameDocument(own, given({ none, rest }))),
  fc.array(place, { maxLength: 5 }).map(globalTokens),
  fc.tuple(drawn, fc.boolean()).map(([matrix, rest]) => dense(matrix, { rest })),
);

const rules: readonly Mask[] = [
  where((query, key) => (query * 7 + key * 3) % 5 < 2),
  where((query, key, row) => (query + key + row) % 3 === 0),
  { name: "even", allows: (_, key) => key % 2 === 0 },
];

function expressions(leaf: fc.Arbitrary<Mask>): fc.Arbitrary<Mask> {
  return fc.letrec<{ mask: Mask }>((tie) => {
    const masks = fc.array(tie("mask"), { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<[Mask, ...Mask[]]>;
    return {
      mask: fc.oneof(
        { maxDepth: 3, depthSize: "small" },
        { arbitrary: leaf, weight: 4 },
        { arbitrary: masks.map((parts) => and(...parts)), weight: 2 },
        { arbitrary: masks.map((parts) => or(...parts)), weight: 2 },
        { arbitrary: tie("mask").map(not), weight: 1 },
        { arbitrary: tie("mask").map(transposed), weight: 1 },
        { arbitrary: fc.tuple(fc.integer({ min: 1, max: 9 }), tie("mask")).map(([size, mask]) => blocked(size, mask)), weight: 1 },
        { arbitrary: tie("mask").map((mask) => selectRows(mask, [2, 0, 2])), weight: 1 },
      ),
    };
  }).mask;
}

/** Any expression over all kinds that can be written down. */
export const writtenMasks: fc.Arbitrary<Mask> = expressions(written);

/** Any expression, closures and masks of one's own included. */
export const masks: fc.Arbitrary<Mask> = expressions(fc.oneof({ arbitrary: written, weight: 5 }, { arbitrary: fc.constantFrom(...rules), weight: 1 }));

/** A run of positions, also before 0. */
export const ranges: fc.Arbitrary<{ readonly start: number; readonly end: number }> = fc
  .tuple(fc.integer({ min: -5, max: 120 }), fc.integer({ min: 1, max: 60 }))
  .map(([start, size]) => ({ start, end: start + size }));

/** A row of the batch. */
export const rowNumbers: fc.Arbitrary<number> = fc.integer({ min: 0, max: batch - 1 });

/** The matrix of `allows`, row-major. */
export function matrixOf(mask: Mask, queries: { readonly start: number; readonly end: number }, keys: typeof queries, row: number): number[] {
  const matrix: number[] = [];
  for (let query = queries.start; query < queries.end; query++)
    for (let key = keys.start; key < keys.end; key++) matrix.push(mask.allows(query, key, row) ? 1 : 0);
  return matrix;
}
