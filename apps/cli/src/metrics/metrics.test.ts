import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compressionBaselines } from "./compression.ts";
import { editDistance, errorRate } from "./edit-distance.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("an edit distance counts insertions, deletions and substitutions", () => {
  expect(editDistance([..."kitten"], [..."sitting"])).toBe(3); // k → s, e → i, + g
  expect(editDistance([], [..."abc"])).toBe(3);
  expect(editDistance([..."abc"], [])).toBe(3);
  expect(editDistance(["AH0", "N"], ["AH1", "N"])).toBe(1);
});

test("an edit distance is a metric, at most the longer length and at least the difference of lengths", () => {
  const word = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      const distance = editDistance(a, b);
      expect(editDistance(b, a)).toBe(distance);
      expect(distance === 0).toBe(a.join() === b.join());
      expect(editDistance(a, c)).toBeLessThanOrEqual(distance + editDistance(b, c));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});

test("an error rate is edits over what should be there, all pairs together", () => {
  const pairs = [
    { output: [..."ab"], reference: [..."abcd"] }, // 2 missing
    { output: [..."xyz"], reference: [..."z"] }, // 2 too many
  ];
  expect(errorRate(pairs)).toBe(4 / 5);
});

test("baselines of a text by hand", () => {
  // after "abab" with one pseudo-count for each of 256 bytes: a and b have probability (2 + 1) / (4 + 256);
  // b follows a twice in two, a follows b once in one
  const { uniform, unigram, bigram } = compressionBaselines(bytes("abab"), bytes("aba"), { smoothing: 1 });
  expect(uniform).toBe(8);
  expect(unigram).toBeCloseTo(-Math.log2(3 / 260), 12);
  expect(bigram).toBeCloseTo(-(Math.log2(3 / 260) + Math.log2((2 + 1) / (2 + 256)) + Math.log2((1 + 1) / (1 + 256))) / 3, 12);
});

test("gzip is charged for what a text adds: nothing much where it repeats, all of it where it is noise", () => {
  const text = bytes("We hold these truths to be self-evident, that all men are created equal. ".repeat(20));
  const noise = Uint8Array.from(Array.from({ length: 60 }, (_, index) => [...createHash("sha256").update(`${index}`).digest()]).flat());
  expect(compressionBaselines(text, text.subarray(0, 700)).gzip).toBeLessThan(0.5);
  expect(compressionBaselines(text, noise).gzip).toBeGreaterThan(7.9);
});
