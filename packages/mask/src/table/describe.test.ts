import fc from "fast-check";
import { expect, test } from "vitest";
import { and, causal, describe, full, leftPadding, padding } from "../index.ts";
import { batch, masks, matrixOf, ranges } from "../testing/arbitrary.ts";

test("a description tells the share, the blocks and the cost", () => {
  const { text, ...numbers } = describe(causal, { queries: 2048, keys: 2048 }, { heads: 12, headDim: 64 });
  expect(text).toMatchInlineSnapshot(`
    "causal: 50 % of 4,194,304 pairs visible
    blocks of 64 × 128: 240 skipped, 240 full, 32 partial (2 tiles), 4,096 bytes
    attention: 6.45 GFLOP visible, 6.85 GFLOP in blocks, 12.9 GFLOP without the mask"
  `);
  expect(numbers).toMatchInlineSnapshot(`
    {
      "blind": 0,
      "blocks": {
        "blockKeys": 128,
        "blockQueries": 64,
        "full": 240,
        "partial": 32,
        "skipped": 240,
        "tiles": 2,
        "total": 512,
      },
      "bytes": 4096,
      "flops": {
        "all": 12884901888,
        "visible": 6445596672,
        "worked": 6845104128,
      },
      "name": "causal",
      "pairs": 4194304,
      "share": 0.500244140625,
      "visible": 2098176,
      "worked": 2228224,
    }
  `);
});

test("queries that see nothing are counted, and rows that share a table count as often as they are", () => {
  expect(describe(and(causal, leftPadding([0, 3])), { queries: 20, keys: 20 }).blind).toBe(3);
  expect(describe(full, { queries: 4, keys: 4, rows: 5 })).toMatchObject({ pairs: 80, visible: 80, share: 1 });
  expect(describe(padding([1, 2]), { queries: 4, keys: 4, rows: 2 })).toMatchObject({ pairs: 32, visible: 12 });
  expect(describe(full, { queries: 4, keys: 4 }).flops).toBeUndefined();
});

test("counts are those of the matrix", () => {
  fc.assert(
    fc.property(masks, ranges, ranges, (mask, queries, keys) => {
      const { visible, pairs, worked, blind, blocks } = describe(mask, { queries, keys, rows: batch }, { blockQueries: 8, blockKeys: 32 });
      const rows = Array.from({ length: batch }, (_, row) => matrixOf(mask, queries, keys, row));
      const width = keys.end - keys.start;
      expect(pairs).toBe(rows.flat().length);
      expect(visible).toBe(rows.flat().reduce((sum, pair) => sum + pair, 0));
      expect(blind).toBe(
        rows
          .flatMap((row) => Array.from({ length: row.length / width }, (_, at) => row.slice(at * width, (at + 1) * width)))
          .filter((line) => !line.includes(1)).length,
      );
      expect(worked).toBeGreaterThanOrEqual(visible);
      expect(worked).toBeLessThanOrEqual(pairs);
      expect(blocks.skipped + blocks.full + blocks.partial).toBe(blocks.total);
    }),
    { numRuns: 100 },
  );
});
