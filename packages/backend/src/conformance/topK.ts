import type { ConformanceCase } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, elements, flipped, floats, integers, permuted } from "./given.ts";
import { exact } from "./tolerance.ts";

/** Takes the largest that is left, k times; the first of equals, and NaN before any number. */
function select(row: readonly number[], k: number): number[] {
  const left = row.map((_, place) => place);
  return Array.from({ length: k }, () => {
    let best = 0;
    for (let n = 1; n < left.length; n++) {
      const [a, b] = [row[left[n]!]!, row[left[best]!]!];
      if (!Number.isNaN(b) && (Number.isNaN(a) || a > b)) best = n;
    }
    return left.splice(best, 1)[0]!;
  });
}

function largest(name: string, k: number, make: () => Given): ConformanceCase {
  return callCase("topK", name, exact, () => {
    const x = make();
    const values = elements(x);
    const size = x.shape.at(-1)!;
    const count = size === 0 ? 0 : values.length / size;
    const rows = Array.from({ length: count }, (_, row) => values.slice(row * size, (row + 1) * size));
    const places = rows.map((row) => select(row, k));
    const shape = x.shape.with(-1, k);
    return {
      settings: { k },
      operands: [x],
      outputs: [
        { shape, dtype: x.dtype, values: places.flatMap((found, row) => found.map((place) => rows[row]![place]!)) },
        { shape, dtype: "int32", values: places.flat() },
      ],
    };
  });
}

/** The largest few. */
export const topK: readonly ConformanceCase[] = [
  ...(
    [
      [1, 1],
      [3, 2],
      [7, 7],
      [31, 5],
      [33, 33],
      [1025, 40],
    ] as const
  ).map(([size, k]) => largest(`${k} of ${size}`, k, () => floats([3, size], size))),
  largest("a single row without batch", 3, () => floats([9], 1)),
  largest("a transpose", 3, () => permuted(floats([9, 4], 1), [1, 0])),
  largest("a flip", 3, () => flipped(floats([4, 9], 1), 1)),
  largest("ties by lower index", 5, () => integers([4, 31], 1, 0, 4)),
  largest("negative integers", 4, () => integers([4, 9], 1, -(2 ** 31), 0)),
  largest("infinities and NaN, the largest", 6, () =>
    array(
      [2, 6],
      [
        1,
        Number.NEGATIVE_INFINITY,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        0,
        Number.NaN,
        -1,
        -2,
        Number.NEGATIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        3,
        Number.POSITIVE_INFINITY,
      ],
    ),
  ),
  largest("none of them", 0, () => floats([3, 5], 1)),
  largest("no rows", 2, () => floats([0, 5], 1)),
];
