import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, flipped, floats, integers, permuted } from "./given.ts";
import { exact, summed } from "./tolerance.ts";

function running(name: string, make: () => Given, tolerance: Tolerance): ConformanceCase {
  return callCase("cumulativeSum", name, tolerance, () => {
    const x = make();
    const values = elements(x);
    const size = x.shape.at(-1)!;
    const expected = values.map((_, i) => values.slice(i - (i % size), i + 1).reduce((a, b) => a + b, 0));
    return {
      settings: {},
      operands: [x],
      outputs: [{ shape: x.shape, dtype: x.dtype, values: x.dtype === "int32" ? expected.map((value) => value | 0) : expected }],
    };
  });
}

/** Running sums. */
export const cumulativeSum: readonly ConformanceCase[] = [
  ...[1, 3, 7, 31, 33, 1025].map((size) => running(`rows of ${size}`, () => floats([3, size], size), summed(size))),
  running("a single row without batch", () => floats([9], 1), summed(9)),
  running("a transpose", () => permuted(floats([9, 4], 1), [1, 0]), summed(9)),
  running("a flip", () => flipped(floats([4, 9], 1), 1), summed(9)),
  running("one number repeated counts", () => broadcast(array([1], [1]), [2, 33]), exact),
  running("integers, which wrap", () => array([2, 3], [2 ** 31 - 1, 1, 1, 1, 2, 3], "int32"), exact),
  running("many integers", () => integers([4, 31], 1, -99, 99), exact),
  running("nothing", () => floats([3, 0], 1), exact),
  running("NaN from where it stands", () => array([2, 4], [1, Number.NaN, 2, 3, 1, 2, 3, 4]), exact),
];
