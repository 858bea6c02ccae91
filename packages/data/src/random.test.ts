import { expect, test } from "vitest";
import { DataError } from "./errors.ts";
import { randomStream, shuffleInPlace, threefry } from "./random.ts";

// The known-answer vectors of Random123 (kat_vectors, threefry2x32 20).
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
    [0x13198a2e, 0x03707344],
    [0x243f6a88, 0x85a308d3],
    [0xc4923a9c, 0x483df7a0],
  ],
])("threefry gives the published words for key %j", (key, counter, want) => {
  expect(threefry(key[0]!, key[1]!, counter[0]!, counter[1]!)).toEqual(want);
});

test("a split does not depend on what was drawn before, nor on the other splits", () => {
  const used = randomStream(3);
  for (let i = 0; i < 100; i++) used.next();
  used.split("other").next();
  expect(used.split("a").split(4).next()).toBe(randomStream(3).split("a").split(4).next());
});

test("seeds, names and numbers give different streams", () => {
  const root = randomStream(1);
  const first = [
    root,
    randomStream(2),
    randomStream(2 ** 32 + 1),
    root.split("a"),
    root.split("b"),
    root.split("ab"),
    root.split("a").split("b"),
    root.split(""),
    root.split(0),
    root.split(1),
    root.split("1"),
    root.split(2 ** 32),
  ].map((s) => s.next());
  expect(new Set(first).size).toBe(first.length);
});

test("numbers are uniform: mean and variance within five standard deviations", () => {
  const stream = randomStream(5);
  const n = 20000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = stream.next();
    expect(x >= 0 && x < 1).toBe(true);
    sum += x;
    squares += x * x;
  }
  expect(Math.abs(sum / n - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(squares / n - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
});

test("every order of three comes equally often", () => {
  const stream = randomStream(9);
  const counts = new Map<string, number>();
  const n = 6000;
  for (let i = 0; i < n; i++) {
    const order = shuffleInPlace([0, 1, 2], stream.next).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  const deviation = Math.sqrt(n * (1 / 6) * (5 / 6));
  for (const count of counts.values()) expect(Math.abs(count - n / 6)).toBeLessThan(5 * deviation);
});

test("a seed that is no whole number is refused", () => {
  expect(() => randomStream(1.5)).toThrow(DataError);
  expect(() => randomStream(-1)).toThrowErrorMatchingInlineSnapshot(`[DataError: randomStream: seed must be a whole number of at least 0, got -1]`);
});
