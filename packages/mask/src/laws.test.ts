import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  and,
  bidirectionalWindow,
  blocked,
  both,
  causal,
  chunked,
  compile,
  dense,
  denseTable,
  draw,
  equal,
  fromJSON,
  full,
  type Mask,
  not,
  or,
  parseMask,
  prefix,
  printMask,
  selectRows,
  slidingWindow,
  toJSON,
  transposed,
} from "./index.ts";
import { batch, masks, matrixOf, ranges, rowNumbers, writtenMasks } from "./testing/arbitrary.ts";

/** Both show the same, wherever one looks. */
function toShowTheSame(a: Mask, b: Mask): void {
  for (const row of [0, 1, 2]) {
    const [queries, keys] = [
      { start: -3, end: 40 },
      { start: -2, end: 45 },
    ];
    expect(matrixOf(a, queries, keys, row)).toEqual(matrixOf(b, queries, keys, row));
  }
}

describe("tiles", () => {
  test("tiles never disagree with allows", () => {
    fc.assert(
      fc.property(masks, ranges, ranges, rowNumbers, (mask, queries, keys, row) => {
        const cover = mask.tile?.(queries, keys, row) ?? "some";
        if (cover === "some") return;
        const wanted = cover === "all" ? 1 : 0;
        expect(matrixOf(mask, queries, keys, row).every((pair) => pair === wanted)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("a rectangle of one pair is decided, where tiles are told at all", () => {
    for (const mask of [full, causal, slidingWindow(3), prefix(4), chunked(3), blocked(2, causal), and(causal, prefix(2)), not(causal)])
      for (const [query, key] of [
        [3, 2],
        [2, 3],
        [5, 5],
        [9, 0],
      ] as const)
        expect(mask.tile?.({ start: query, end: query + 1 }, { start: key, end: key + 1 }, 0)).toBe(mask.allows(query, key, 0) ? "all" : "none");
  });
});

test("what a mask says it depends on is all it depends on", () => {
  fc.assert(
    fc.property(masks, fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 40 }), (mask, query, key, step) => {
      const seen = mask.allows(query, key, 0);
      if (mask.dependsOn === "distance") expect([0, 1, 2].map((row) => mask.allows(query + step, key + step, row))).toEqual([seen, seen, seen]);
      if (mask.dependsOn === "key") expect(mask.allows(query + step, key, 0)).toBe(seen);
    }),
    { numRuns: 1000 },
  );
});

describe("compiled tables", () => {
  const sizes = fc.record({ blockQueries: fc.constantFrom(1, 3, 8, 64), blockKeys: fc.constantFrom(32, 64, 128) });

  test("a table is the matrix of allows, whatever its blocks", () => {
    fc.assert(
      fc.property(masks, ranges, ranges, fc.option(sizes, { nil: {} }), (mask, queries, keys, blocks) => {
        const table = compile(mask, { queries, keys, rows: batch }, blocks);
        expect(table.rows).toBe(mask.rows === undefined ? 1 : batch);
        const plain = Array.from({ length: table.rows }, (_, row) => matrixOf(mask, queries, keys, row)).flat();
        expect(Array.from(denseTable(table))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  test("a mask without rows is the same in every row", () => {
    fc.assert(
      fc.property(masks, ranges, ranges, (mask, queries, keys) => {
        if (mask.rows !== undefined) return;
        expect(matrixOf(mask, queries, keys, 2)).toEqual(matrixOf(mask, queries, keys, 0));
      }),
    );
  });

  test("no block is partial that could be skipped or taken whole, and no tile is there twice", () => {
    fc.assert(
      fc.property(masks, ranges, ranges, sizes, (mask, queries, keys, blocks) => {
        const { tiles, blockQueries, blockKeys, ...table } = compile(mask, { queries, keys, rows: batch }, blocks);
        const size = (blockQueries * blockKeys) / 32;
        const used = new Set([...table.blocks].filter((block) => block > 1));
        const texts = Array.from({ length: tiles.length / size }, (_, index) => tiles.slice(index * size, (index + 1) * size).join());
        expect(new Set(texts).size).toBe(texts.length);
        expect(texts.length).toBe(Math.max(1, used.size));
        expect([...used].sort((a, b) => a - b)).toEqual(Array.from({ length: used.size }, (_, index) => index + 2));
        for (const text of used.size > 0 ? texts : []) expect(text).toMatch(/[1-9]/);
      }),
      { numRuns: 300 },
    );
  });

  test("decoding token by token reads the rows of the whole matrix", () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: 0, max: 70 }), (mask, query) => {
        const whole = denseTable(compile(mask, { queries: 71, keys: 71, rows: batch }));
        const table = compile(mask, { queries: [query, query + 1], keys: 71, rows: batch });
        expect(table.blockQueries).toBe(1);
        for (let row = 0; row < table.rows; row++) {
          const from = (row * 71 + query) * 71;
          expect(denseTable(table).slice(row * 71, (row + 1) * 71)).toEqual(whole.slice(from, from + 71));
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("algebra", () => {
  const two = fc.tuple(masks, masks);

  test("and, or and not are those of logic", () => {
    fc.assert(
      fc.property(two, fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 80 }), rowNumbers, ([a, b], query, key, row) => {
        const [left, right] = [a.allows(query, key, row), b.allows(query, key, row)];
        expect(and(a, b).allows(query, key, row)).toBe(left && right);
        expect(or(a, b).allows(query, key, row)).toBe(left || right);
        expect(not(a).allows(query, key, row)).toBe(!left);
        expect(transposed(a).allows(key, query, row)).toBe(left);
        expect(both(a).allows(query, key, row)).toBe(left && a.allows(key, query, row));
        expect(blocked(3, a).allows(query, key, row)).toBe(a.allows(Math.floor(query / 3), Math.floor(key / 3), row));
        expect(selectRows(a, [1, 1, 2]).allows(query, key, row)).toBe(a.allows(query, key, [1, 1, 2][row]!));
      }),
      { numRuns: 500 },
    );
  });

  test("De Morgan, absorption, distribution, involution", () => {
    fc.assert(
      fc.property(masks, masks, masks, (a, b, c) => {
        toShowTheSame(not(and(a, b)), or(not(a), not(b)));
        toShowTheSame(or(a, and(a, b)), a);
        toShowTheSame(and(a, or(b, c)), or(and(a, b), and(a, c)));
        toShowTheSame(not(not(a)), a);
        toShowTheSame(transposed(transposed(a)), a);
        toShowTheSame(and(a, full), a);
        toShowTheSame(or(a, not(full)), a);
      }),
      { numRuns: 30 },
    );
  });

  test("nested ands and ors are one, and one mask alone is itself", () => {
    const [a, b, c] = [causal, slidingWindow(3), prefix(2)];
    expect(equal(and(and(a, b), c), and(a, and(b, c)))).toBe(true);
    expect(and(a)).toBe(a);
    expect(or(a)).toBe(a);
    expect(not(not(a))).toBe(a);
  });

  test("what has two names is the same", () => {
    toShowTheSame(slidingWindow(4), bidirectionalWindow(3, 0));
    toShowTheSame(slidingWindow(4), and(causal, bidirectionalWindow(3)));
    toShowTheSame(blocked(3, causal), or(causal, chunked(3)));
    toShowTheSame(blocked(3, slidingWindow(1)), chunked(3));
    toShowTheSame(prefix(3, { oneOff: true }), prefix(4));
    expect(draw(or(causal, prefix([0, 1])), 9, { row: 0 })).toBe(draw(causal, 9));
    expect(draw(or(causal, prefix([0, 1])), 9, { row: 1 })).toBe(draw(causal, 9));
    expect(draw(or(causal, prefix(9)), 9)).toBe(draw(full, 9));
  });
});

describe("writing down", () => {
  test("a mask comes back from JSON", () => {
    fc.assert(
      fc.property(writtenMasks, (mask) => {
        const back = fromJSON(JSON.parse(JSON.stringify(toJSON(mask))));
        expect(equal(back, mask)).toBe(true);
        expect([back.name, back.rows, back.known]).toEqual([mask.name, mask.rows, mask.known]);
      }),
      { numRuns: 300 },
    );
  });

  test("an expression reads back as the mask it was printed from", () => {
    fc.assert(
      fc.property(writtenMasks, (mask) => {
        const text = printMask(mask);
        const back = parseMask(text);
        expect(equal(back, mask)).toBe(true);
        expect(printMask(back)).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  test("expressions may have drawings in either quotes, line breaks and commas at the end", () => {
    expect(printMask(parseMask(`or(\n  causal,\n  dense(['#.', "##"], { rest: true, }),\n)`))).toBe('or(causal, dense(["#.", "##"], { rest: true }))');
  });

  test("equal masks show the same, and a mask equals itself alone", () => {
    fc.assert(
      fc.property(masks, masks, (a, b) => {
        expect(equal(a, a)).toBe(true);
        expect(equal(a, b)).toBe(equal(b, a));
        if (equal(a, b)) toShowTheSame(a, b);
      }),
    );
  });

  test("a drawing is a mask", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const drawing = dense(draw(mask, 12, { row: 1 }).split("\n"));
        expect(matrixOf(drawing, { start: 0, end: 12 }, { start: 0, end: 12 }, 0)).toEqual(matrixOf(mask, { start: 0, end: 12 }, { start: 0, end: 12 }, 1));
      }),
      { numRuns: 100 },
    );
  });
});
