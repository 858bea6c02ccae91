import { expect, test } from "vitest";
import {
  and,
  bidirectionalWindow,
  causal,
  chunked,
  dense,
  documentIds,
  draw,
  full,
  leftPadding,
  or,
  padding,
  prefix,
  sameDocument,
  selectRows,
  slidingWindow,
  visibleKeys,
  where,
} from "./index.ts";

test("a prefix language model sees both ways inside the prefix and causally after it", () => {
  expect(draw(or(causal, prefix(3)), 5)).toBe("###..\n###..\n###..\n####.\n#####");
});

test("the one-off rule: inputs shifted right have a two-way region of prefix + 1", () => {
  // T5's test_pack_prefix_lm_decoder_only: split 3 gives decoder_causal_attention [1, 1, 1, 1, 0, 0, 0, 0]
  const shifted = or(causal, prefix(3, { oneOff: true }));
  expect(draw(shifted, 8)).toBe(draw(or(causal, prefix(4)), 8));
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((key) => (shifted.allows(0, key, 0) ? 1 : 0))).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  // no source at all is a causal model
  expect(draw(or(causal, prefix(0, { oneOff: true })), 8)).toBe(draw(causal, 8));
});

test("windows count as each library does", () => {
  const keysSeen = (mask: typeof causal, query: number): number[] => Array.from({ length: 21 }, (_, key) => key).filter((key) => mask.allows(query, key, 0));
  expect(keysSeen(slidingWindow(4), 10)).toEqual([7, 8, 9, 10]); // Hugging Face, sliding_window = 4
  expect(keysSeen(slidingWindow(4 + 1), 10)).toEqual([6, 7, 8, 9, 10]); // Mistral's reference, flash-attention's (4, 0)
  expect(keysSeen(bidirectionalWindow(2), 10)).toEqual([8, 9, 10, 11, 12]); // Hugging Face, both ways, 2
  expect(keysSeen(bidirectionalWindow(1, 3), 10)).toEqual([9, 10, 11, 12, 13]); // flash-attention's (1, 3)
  expect(keysSeen(bidirectionalWindow(4 / 2), 10)).toEqual([8, 9, 10, 11, 12]); // Longformer, attention_window = 4
});

test("chunks count from the first real token, also left of it", () => {
  expect(draw(chunked(3, { start: [0, 2] }), { queries: 4, keys: 7 })).toBe(
    "row 0\n###....\n###....\n###....\n...###.\n\nrow 1\n##.....\n##.....\n..###..\n..###..",
  );
});

test("rows are padded on either side", () => {
  expect(draw(padding([2, 0]), { queries: 1, keys: 3 })).toBe("row 0\n##.\n\nrow 1\n...");
  expect(draw(leftPadding([2, 0]), { queries: 1, keys: 3 })).toBe("row 0\n..#\n\nrow 1\n###");
  expect(draw(padding(2), { queries: 1, keys: 3 })).toBe("##.");
});

test("one number for all rows is no row of its own", () => {
  expect([prefix(3).rows, prefix([3]).rows, prefix(Int32Array.of(3, 4)).rows]).toEqual([undefined, 1, 2]);
});

test("documents: ids in any order, a gap between two of one id, none and rest", () => {
  expect(draw(sameDocument([1, 2, 1, 0]), 4)).toBe("#.#.\n.#..\n#.#.\n...#");
  expect(draw(sameDocument([1, 2, 1, 0], { none: 0, rest: 2 }), 6)).toBe("#.#...\n.#..##\n#.#...\n......\n.#..##\n.#..##");
});

test("documents of keys may be others than those of queries", () => {
  expect(draw(sameDocument([1, 2, 2], { keys: [1, 1, 2, 0] }), { queries: 3, keys: 4 })).toBe("##..\n..#.\n..#.");
});

test("a rectangle of rows, as batches have it, is a list for each row", () => {
  const segments = { data: Int32Array.of(1, 1, 2, 1, 2, 2), shape: [2, 3] };
  expect(draw(sameDocument(segments), 3)).toBe(
    draw(
      sameDocument([
        [1, 1, 2],
        [1, 2, 2],
      ]),
      3,
    ),
  );
});

test("document ids from restarting positions", () => {
  expect(Array.from(documentIds([0, 1, 2, 0, 1, 0, 0]))).toEqual([0, 0, 0, 1, 1, 2, 3]);
  expect(Array.from(documentIds([]))).toEqual([]);
});

test("flags of keys, and what comes after them", () => {
  expect(draw(visibleKeys([1, 0, 1]), { queries: 1, keys: 3 })).toBe("#.#");
  expect(draw(visibleKeys([true, false], { rest: true }), { queries: 1, keys: 4 })).toBe("#.##");
});

test("a dense mask is drawn, listed or given as data, for all rows or for each", () => {
  const drawn = dense(["#..", "##."]);
  const layout = { queries: 2, keys: 3 };
  for (const same of [
    dense([
      [1, 0, 0],
      [1, 1, 0],
    ]),
    dense([
      [true, false, false],
      [true, true, false],
    ]),
    dense({ data: [1, 0, 0, 1, 1, 0], shape: [2, 3] }),
  ])
    expect(draw(same, layout)).toBe(draw(drawn, layout));
  for (const each of [dense([["#.."], ["##."]]), dense([[[1, 0, 0]], [[1, 1, 0]]]), dense({ data: [1, 0, 0, 1, 1, 0], shape: [2, 1, 3] })]) {
    expect(each.rows).toBe(2);
    expect(draw(each, { queries: 1, keys: 3 })).toBe("row 0\n#..\n\nrow 1\n##.");
  }
  expect(draw(dense(["."], { rest: true }), 2)).toBe(".#\n##");
});

test("what a mask was made of may change afterwards", () => {
  const lengths = [1, 2];
  const ids = Int32Array.of(1, 1);
  const masks = [prefix(lengths), padding(lengths), sameDocument(ids)];
  const before = masks.map((mask) => draw(mask, 2));
  lengths[0] = 2;
  ids[1] = 5;
  expect(masks.map((mask) => draw(mask, 2))).toEqual(before);
});

test("a predicate is asked about each row when it takes a row", () => {
  const byRow = where((query, key, row) => key <= query + row);
  expect([byRow.rows, where((query, key) => key <= query).rows, where((...pair) => pair[0] > 0, { rows: 2 }).rows]).toEqual(["each", undefined, 2]);
  expect(and(byRow, padding([1, 2])).rows).toBe(2);
  expect(draw(byRow, { queries: 1, keys: 3, rows: 2 })).toBe("row 0\n#..\n\nrow 1\n##.");
});

test("rows can be dropped, repeated and reordered", () => {
  expect(draw(selectRows(padding([1, 2]), [1, 1, 0]), { queries: 1, keys: 2 })).toBe("row 0\n##\n\nrow 1\n##\n\nrow 2\n#.");
  expect(selectRows(full, [0, 0]).rows).toBe(2);
});

test("long lists are cut in names", () => {
  expect(padding(Array.from({ length: 40 }, (_, row) => row)).name).toBe("padding([0, 1, 2, 3, 4, 5, 6, 7, … 40 in all])");
  expect(
    and(
      causal,
      where((_, key) => key < 4),
    ).name,
  ).toBe("and(causal, where(…))");
});
