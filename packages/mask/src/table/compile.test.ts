import { expect, test } from "vitest";
import { and, causal, chunked, compile, denseTable, full, leftPadding, not, or, padding, prefix, sameDocument, slidingWindow, where } from "../index.ts";

const square = { queries: 4096, keys: 4096 };
const bytes = (mask: typeof causal, layout: Parameters<typeof compile>[1] = square): number => {
  const { blocks, tiles } = compile(mask, layout);
  return blocks.byteLength + tiles.byteLength;
};

test("the table of the doc comment", () => {
  const { blocks, tiles, ...rest } = compile(causal, { queries: 128, keys: 128 });
  expect(rest).toEqual({
    queries: { start: 0, end: 128 },
    keys: { start: 0, end: 128 },
    rows: 1,
    blockQueries: 64,
    blockKeys: 64,
    queryBlocks: 2,
    keyBlocks: 2,
  });
  expect(Array.from(blocks)).toEqual([2, 0, 1, 2]);
  expect(tiles.length).toBe(64 * 2);
  expect([tiles[0], tiles[2], tiles[64], tiles[65], tiles[126]]).toEqual([1, 3, -1, 1, -1]);
});

test("tables of 4096 positions take less than 64 kB", () => {
  const documents = sameDocument(Int32Array.from({ length: 4096 }, (_, position) => Math.floor(position / 500)));
  for (const mask of [full, causal, slidingWindow(256), or(causal, prefix(1000)), and(causal, chunked(1000)), and(causal, documents)])
    expect([mask.name, bytes(mask) <= 64 * 1024]).toEqual([mask.name, true]);
});

test("tiles that repeat are asked about once, whatever they are combined with", () => {
  let asked = 0;
  const counted = { name: "counted", dependsOn: "distance" as const, allows: (query: number, key: number) => key <= query && asked++ >= 0, tile: causal.tile! };
  compile(or(counted, prefix(1000)), square);
  const once = asked;
  compile(and(counted, leftPadding([0, 5, 7])), { ...square, rows: 3 });
  expect(once).toBeLessThan(64 * 1024); // of 16.8 million pairs
  expect(asked - once).toBeLessThan(128 * 1024);
});

test("a closure is asked only where the masks beside it leave something open", () => {
  let asked = 0;
  const rule = where((_, key) => ++asked > 0 && key % 2 === 0);
  compile(and(slidingWindow(64), rule), { queries: 1024, keys: 1024 });
  expect(asked).toBeLessThan(1024 * 192);
});

test("decoding has blocks of one query", () => {
  const table = compile(and(causal, leftPadding([0, 900])), { queries: [999, 1000], keys: 1000, rows: 2 });
  expect([table.blockQueries, table.queryBlocks, table.keyBlocks, table.rows]).toEqual([1, 1, 16, 2]);
  expect(Array.from(table.blocks)).toEqual([...Array<number>(16).fill(1), ...Array<number>(14).fill(0), 2, 1]);
});

test("a table without partial blocks still has a tile", () => {
  for (const mask of [full, not(full)]) expect(compile(mask, { queries: 3, keys: 3 }).tiles.length).toBe(3);
});

test("a rolling cache begins at a later key", () => {
  expect(Array.from(denseTable(compile(slidingWindow(3), { queries: [7, 9], keys: [5, 9] })))).toEqual([1, 1, 1, 0, 0, 1, 1, 1]);
});

test("rows of the batch count only where the mask differs by row", () => {
  expect(compile(causal, { queries: 4, keys: 4, rows: 8 }).rows).toBe(1);
  expect(compile(padding([1, 2]), { queries: 4, keys: 4 }).rows).toBe(2);
  expect(
    compile(
      where((_, key, row) => key > row),
      { queries: 4, keys: 4, rows: 3 },
    ).rows,
  ).toBe(3);
});
