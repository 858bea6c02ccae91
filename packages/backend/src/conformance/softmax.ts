import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, flipped, floats, permuted } from "./given.ts";
import { transcendental } from "./tolerance.ts";

function rows(name: string, make: () => Given): ConformanceCase[] {
  return [false, true].map((log) =>
    callCase(
      "softmax",
      `${log ? "its logarithm, " : ""}${name}`,
      log ? { ...transcendental, absolute: 4e-6, reason: "x − L of numbers up to about 30 in float32" } : transcendental,
      () => {
        const x = make();
        const size = x.shape.at(-1)!;
        const values = elements(x);
        const expected = values.map((value, i) => {
          const row = values.slice(i - (i % size), i - (i % size) + size);
          const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
          const sum = row.reduce((total, other) => total + Math.exp(other - largest), 0);
          return log ? value - largest - Math.log(sum) : Math.exp(value - largest) / sum;
        });
        return { settings: { log }, operands: [x], outputs: [{ shape: x.shape, values: expected }] };
      },
    ),
  );
}

/** Softmax and its logarithm. */
export const softmax: readonly ConformanceCase[] = [
  ...[1, 2, 3, 7, 31, 33, 64, 1025].flatMap((size) => rows(`rows of ${size}`, () => floats([3, size], size, -5, 5))),
  ...rows("a single row without batch", () => floats([9], 1)),
  ...rows("four axes", () => floats([2, 3, 4, 5], 1)),
  ...rows("no rows", () => floats([0, 5], 1)),
  ...rows("a transpose", () => permuted(floats([9, 6], 1, -3, 3), [1, 0])),
  ...rows("a flip", () => flipped(floats([5, 9], 1, -3, 3), 1)),
  ...rows("a repeated row", () => broadcast(floats([9], 1), [4, 9])),
  ...rows("large numbers do not overflow, far ones vanish", () => array([3, 4], [1e4, 1e4, 1e4, 1e4, 1000, -1000, 990, 995, -1e4, -1e4 + 1, -1e4, -1e4])),
  ...rows("−Infinity has no share", () =>
    array(
      [2, 5],
      [
        Number.NEGATIVE_INFINITY,
        1,
        2,
        Number.NEGATIVE_INFINITY,
        3,
        0,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ],
    ),
  ),
  ...rows("a row of only −Infinity, of NaN, or of Infinity is NaN, and its neighbour is not", () =>
    array(
      [4, 3],
      [
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        1,
        2,
        3,
        1,
        Number.NaN,
        2,
        Number.POSITIVE_INFINITY,
        Number.POSITIVE_INFINITY,
        Number.POSITIVE_INFINITY,
      ],
    ),
  ),
];
