import fc from "fast-check";
import { expect, test } from "vitest";
import { interleaved, separated } from "./stripes.ts";

const bytes = (length: number, seed: number) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >> 8)) & 255);

test("two arrays of any lengths come out as they went in", () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.nat(20_000), (a, b) => {
      const [first, second] = [bytes(a, 1), bytes(b, 2)];
      const laid = interleaved(first, second);
      expect(laid.length).toBe(a + b);
      expect(separated(laid, [a, b])).toEqual([first, second]);
    }),
    {
      numRuns: 30,
      examples: [
        [0, 0],
        [4096, 4096],
        [4097, 0],
        [0, 8192],
      ],
    },
  );
});

test("near places of both lie near each other", () => {
  const laid = interleaved(new Uint8Array(20_000).fill(1), new Uint8Array(20_000).fill(2));
  expect([laid[4095], laid[4096], laid[8191], laid[8192]]).toEqual([1, 2, 2, 1]);
});
