import { expect, test } from "vitest";
import { DataError, nextToken, padBatch, prefixLanguageModel, sequenceToSequence } from "../index.ts";

const rows = ({ data, shape: [batch, time] }: { data: ArrayLike<number>; shape: readonly [number, number] }) =>
  Array.from({ length: batch }, (_, row) => Array.from({ length: time }, (_, i) => data[row * time + i]!));

test("rows are filled up on the right, weights with zeros", () => {
  const batch = padBatch([nextToken([1, 2, 3]), nextToken([4, 5])], { pad: 9 });
  expect(rows(batch.inputs)).toEqual([
    [1, 2],
    [4, 9],
  ]);
  expect(rows(batch.targets)).toEqual([
    [2, 3],
    [5, 9],
  ]);
  expect(rows(batch.lossWeights)).toEqual([
    [1, 1],
    [1, 0],
  ]);
  expect(Array.from(batch.inputs.lengths)).toEqual([2, 1]);
});

test("numbers become one array with an entry an example", () => {
  const batch = padBatch([prefixLanguageModel([1, 2], [3]), prefixLanguageModel([1], [3])]);
  expect(Array.from(batch.prefix!)).toEqual([2, 1]);
});

test("both sides of an encoder-decoder have lengths of their own", () => {
  const batch = padBatch([sequenceToSequence([1, 2, 3], [4]), sequenceToSequence([1], [2, 3])], { length: { inputs: 4 }, multiple: 2 });
  expect([batch.inputs.shape, batch.targets.shape, batch.decoderInputs.shape]).toEqual([
    [2, 4],
    [2, 2],
    [2, 2],
  ]);
});

test("left padding lines up the ends", () => {
  const batch = padBatch([{ tokens: Int32Array.of(1, 2, 3) }, { tokens: Int32Array.of(4) }], { side: "left", pad: 7 });
  expect(rows(batch.tokens)).toEqual([
    [1, 2, 3],
    [7, 7, 4],
  ]);
});

test("a field may have a filler of its own", () => {
  const batch = padBatch([{ labels: Int32Array.of(1, 2) }, { labels: Int32Array.of(3) }], { fill: { labels: -100 } });
  expect(rows(batch.labels)).toEqual([
    [1, 2],
    [3, -100],
  ]);
});

test.each<[string, () => unknown]>([
  ["no examples", () => padBatch([])],
  ["examples of two kinds", () => padBatch<object>([nextToken([1, 2]), sequenceToSequence([1], [2])])],
  ["a row longer than the length", () => padBatch([nextToken([1, 2]), nextToken([1, 2, 3, 4])], { length: 2 })],
  ["a prefix behind left padding", () => padBatch([prefixLanguageModel([1, 2], [3])], { side: "left" })],
  ["a side that is none", () => padBatch([nextToken([1, 2])], { side: "both" as never })],
  ["a label that is no whole number", () => padBatch([{ label: 0.5 }])],
  ["a field that is no row", () => padBatch([{ label: "spam" as never }])],
])("%s is refused", (_, run) => {
  expect(run).toThrow(DataError);
  expect(run).toThrowErrorMatchingSnapshot();
});
