import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { threefry } from "./threefry.ts";

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("threefry2x32-20", () => {
  // The known-answer vectors of Random123 1.14, kat_vectors: "threefry2x32 20", counter, key, words.
  test.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x243f6a88, 0x85a308d3],
      [0x13198a2e, 0x03707344],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as const)("counter %j under key %j", ([counter0, counter1], [key0, key1], words) => {
    expect(threefry(key0, key1, counter0, counter1)).toEqual(words);
  });

  test("words are unsigned 32-bit integers, and the same key and counter give the same", () => {
    fc.assert(
      fc.property(word, word, word, word, (...input) => {
        const words = threefry(...input);
        for (const one of words) expect(one).toBe(one >>> 0);
        expect(threefry(...input)).toEqual(words);
      }),
    );
  });

  test("two counters never give one pair of words under a key: it is a permutation", () => {
    const seen = new Set<string>();
    for (let counter = 0; counter < 20_000; counter++) seen.add(threefry(7, 11, counter, 0).join());
    expect(seen.size).toBe(20_000);
  });

  test("each bit of the output is one half of the time", () => {
    const counts = new Array<number>(64).fill(0);
    const draws = 10_000;
    for (let counter = 0; counter < draws; counter++) {
      for (const [half, value] of threefry(1, 2, counter, 0).entries()) for (let bit = 0; bit < 32; bit++) counts[32 * half + bit]! += (value >>> bit) & 1;
    }
    // five standard deviations of a fair coin: one run in 30,000 would fail, and this run is always the same
    for (const count of counts) expect(Math.abs(count - draws / 2)).toBeLessThan(5 * Math.sqrt(draws / 4));
  });
});
