import type { ComputeType } from "../contract/dtype.ts";
import type { ReduceKind } from "../contract/kernels.ts";
import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase } from "./case.ts";
import { callCase, deviceCase, launch, upload } from "./case.ts";
import { expectDeviceError } from "./compare.ts";
import type { Given } from "./given.ts";
import { array, bools, broadcast, elements, flipped, floats, integers, permuted } from "./given.ts";
import { exact, summed } from "./tolerance.ts";

const folds: Readonly<Record<ReduceKind, (row: readonly number[]) => number>> = {
  sum: (row) => row.reduce((a, b) => a + b, 0),
  product: (row) => row.reduce((a, b) => a * b, 1),
  maximum: (row) => (row.some(Number.isNaN) ? Number.NaN : Math.max(...row)),
  minimum: (row) => (row.some(Number.isNaN) ? Number.NaN : Math.min(...row)),
  argmax: (row) => (row.some(Number.isNaN) ? row.findIndex(Number.isNaN) : row.indexOf(Math.max(...row))),
  argmin: (row) => (row.some(Number.isNaN) ? row.findIndex(Number.isNaN) : row.indexOf(Math.min(...row))),
};
const kinds = Object.keys(folds) as ReduceKind[];
const isArg = (kind: ReduceKind): boolean => kind.startsWith("arg");

/** The rows that folding `axes` folds, in the order of the output. */
function rows(values: readonly number[], shape: readonly number[], axes: readonly number[]): number[][] {
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const found = Array.from({ length: elementCount(kept.map((axis) => shape[axis]!)) }, (): number[] => []);
  for (const [i, value] of values.entries()) {
    let rest = i;
    const place = shape
      .toReversed()
      .map((size) => {
        const index = rest % size;
        rest = Math.floor(rest / size);
        return index;
      })
      .toReversed();
    found[kept.reduce((row, axis) => row * shape[axis]! + place[axis]!, 0)]!.push(value);
  }
  return found;
}

function fold(
  name: string,
  kind: ReduceKind,
  axes: readonly number[],
  make: () => Given,
  tolerance = kind === "sum" || kind === "product" ? summed(64, 4) : exact,
): ConformanceCase {
  return callCase("reduce", `${kind} of ${name}`, tolerance, () => {
    const x = make();
    const shape = x.shape.filter((_, axis) => !axes.includes(axis));
    const dtype: ComputeType = isArg(kind) || x.dtype === "bool" ? "int32" : (x.dtype as ComputeType);
    const values = rows(elements(x), x.shape, axes).map(folds[kind]);
    return { settings: { kind, axes }, operands: [x], outputs: [{ shape, dtype, values: dtype === "int32" ? values.map((value) => value | 0) : values }] };
  });
}

const axesOf: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ["the last axis", [5, 33], [1]],
  ["the first axis", [33, 5], [0]],
  ["a middle axis", [3, 7, 5], [1]],
  ["two axes apart", [3, 4, 5], [0, 2]],
  ["axes in any order", [3, 4, 5], [2, 0]],
  ["all axes", [3, 4, 5], [0, 1, 2]],
  ["no axis", [3, 4], []],
  ["a single number", [], []],
  ["an axis of one", [4, 1, 3], [1]],
  ["three of six axes", [2, 3, 2, 3, 2, 3], [1, 3, 5]],
];

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Folds of every kind over every arrangement. */
export const reduce: readonly ConformanceCase[] = [
  ...kinds.flatMap((kind) => [
    ...axesOf.map(([name, shape, axes]) => fold(name, kind, axes, () => floats(shape, 1, -1.5, 1.5))),
    ...[1, 3, 7, 31, 33, 1025].map((size) =>
      fold(`a row of ${size}`, kind, [0], () => floats([size], size, -1.2, 1.2), kind === "sum" ? summed(size) : kind === "product" ? summed(64, 4) : exact),
    ),
    fold("integers", kind, [1], () => integers([4, 9], 2, -9, 9), exact),
    fold("bools, which are counted", kind, [1], () => bools([5, 9], 3), exact),
    fold("a transpose", kind, [1], () => permuted(floats([9, 6], 4), [1, 0])),
    fold("a flip", kind, [0], () => flipped(floats([9, 6], 4), 0)),
    fold("a repeated row", kind, [0], () => broadcast(floats([6], 5), [5, 6])),
    fold("ties, equal numbers and infinities", kind, [1], () =>
      array([3, 5], [1, 3, 3, 2, 1, -1, -1, -1, -1, -1, Number.POSITIVE_INFINITY, 0.5, Number.POSITIVE_INFINITY, 1, 2]),
    ),
    fold("NaN, which wins everywhere", kind, [1], () =>
      array(
        [4, 5],
        [1, Number.NaN, 3, 2, 1, Number.NaN, Number.NaN, 1, 2, 3, 1, 2, 3, 4, Number.NaN, Number.POSITIVE_INFINITY, 1, Number.NaN, Number.NEGATIVE_INFINITY, 2],
      ),
    ),
  ]),
  ...(["sum", "product", "maximum", "minimum"] as const).map((kind) => fold("nothing", kind, [1], () => floats([3, 0], 1), exact)),
  ...(["sum", "product"] as const).map((kind) => fold("nothing, of integers", kind, [1], () => integers([3, 0], 1, 0, 1), exact)),
  ...kinds.map((kind) => fold("rows of which there are none", kind, [1], () => floats([0, 4], 1), exact)),
  callCase("reduce", "an empty maximum of integers is the least one", exact, () => ({
    settings: { kind: "maximum", axes: [1] },
    operands: [integers([2, 0], 1, 0, 1)],
    outputs: [{ shape: [2], dtype: "int32", values: [-(2 ** 31), -(2 ** 31)] }],
  })),
  callCase("reduce", "an empty minimum of integers is the greatest one", exact, () => ({
    settings: { kind: "minimum", axes: [1] },
    operands: [integers([2, 0], 1, 0, 1)],
    outputs: [{ shape: [2], dtype: "int32", values: [2 ** 31 - 1, 2 ** 31 - 1] }],
  })),
  callCase("reduce", "sums and products of integers wrap at 32 bits", exact, () => ({
    settings: { kind: "product", axes: [0] },
    operands: [array([4], [65537, 65539, 12347, -3], "int32")],
    outputs: [{ shape: [], dtype: "int32", values: [Number(BigInt.asIntN(32, 65537n * 65539n * 12347n * -3n))] }],
  })),
  deviceCase("reduce", "argmax of nothing is an error", exact, async (device) => {
    const operand = upload(device, floats([3, 0], 1));
    await expectDeviceError("argmax of [3, 0] along axis 1", async () => {
      const [buffer] = launch(device, "reduce", { settings: { kind: "argmax", axes: [1] }, operands: [operand], outputs: [{ shape: [3], dtype: "int32" }] });
      try {
        await device.read({ buffer: buffer!, shape: [3], strides: [1], offset: 0, dtype: "int32" });
      } finally {
        device.free(buffer!);
      }
    });
    device.free(operand.buffer);
  }),

  callCase(
    "reduce",
    "a sum of 2²⁰ tenths does not drift",
    { absolute: 0, relative: 1e-6, reason: "pairwise summation of 2²⁰ numbers errs by at most 20 · 2⁻²⁴ of the sum; one running float32 sum errs by 1e−3" },
    () => ({
      settings: { kind: "sum", axes: [0] },
      operands: [array([2 ** 20], new Float32Array(2 ** 20).fill(0.1))],
      outputs: [{ shape: [], values: [2 ** 20 * Math.fround(0.1)] }],
    }),
  ),
  callCase(
    "reduce",
    "a long sum down the first axis does not drift",
    { absolute: 0, relative: 1e-6, reason: "pairwise summation of 2¹⁷ numbers errs by at most 17 · 2⁻²⁴ of the sum" },
    () => ({
      settings: { kind: "sum", axes: [0] },
      operands: [array([2 ** 17, 3], new Float32Array(3 * 2 ** 17).fill(0.1))],
      outputs: [{ shape: [3], values: new Array<number>(3).fill(2 ** 17 * Math.fround(0.1)) }],
    }),
  ),
  callCase("reduce", "small numbers beside 2²⁰ ones are not lost", { absolute: 0, relative: 1e-6, reason: "pairwise summation, as above" }, () => {
    const values = new Float32Array(2 ** 21).map((_, i) => (i % 2 === 0 ? 1 : 1e-4));
    return {
      settings: { kind: "sum", axes: [0] },
      operands: [array([2 ** 21], values)],
      outputs: [{ shape: [], values: [2 ** 20 * (1 + Math.fround(1e-4))] }],
    };
  }),

  callCase("reduce", "a sum of squares in one pass", summed(33), () => {
    const x = floats([7, 33], 6);
    return {
      settings: { kind: "sum", axes: [1], program: { operands: 1, scalars: 0, instructions: [["multiply", 0, 0]] } },
      operands: [x],
      outputs: [{ shape: [7], values: rows(elements(x), x.shape, [1]).map((row) => row.reduce((sum, value) => sum + value * value, 0)) }],
    };
  }),
  callCase("reduce", "a program over two operands and a scalar, one of them a transpose", summed(9, 4), () => {
    const x = floats([9, 6], 7);
    const y = permuted(floats([6, 9], 8), [1, 0]);
    const [a, b] = [elements(x), elements(y)];
    return {
      settings: {
        kind: "sum",
        axes: [0],
        program: {
          operands: 2,
          scalars: 1,
          instructions: [
            ["multiply", 0, 1],
            ["add", 3, 2],
          ],
        },
      },
      operands: [x, y],
      scalars: [0.25],
      outputs: [
        { shape: [6], values: inOrder(6).map((column) => inOrder(9).reduce((sum, row) => sum + a[row * 6 + column]! * b[row * 6 + column]! + 0.25, 0)) },
      ],
    };
  }),
  callCase("reduce", "a program that counts: comparisons sum to integers", exact, () => {
    const x = floats([5, 31], 9);
    return {
      settings: {
        kind: "sum",
        axes: [1],
        program: {
          operands: 1,
          scalars: 0,
          instructions: [
            ["literal", 0],
            ["greater", 0, 1],
          ],
        },
      },
      operands: [x],
      outputs: [{ shape: [5], dtype: "int32", values: rows(elements(x), x.shape, [1]).map((row) => row.filter((value) => value > 0).length) }],
    };
  }),
  callCase("reduce", "a program before an argmin", exact, () => {
    const x = floats([5, 31], 10);
    return {
      settings: { kind: "argmin", axes: [1], program: { operands: 1, scalars: 0, instructions: [["abs", 0]] } },
      operands: [x],
      outputs: [{ shape: [5], dtype: "int32", values: rows(elements(x), x.shape, [1]).map((row) => folds.argmin(row.map(Math.abs))) }],
    };
  }),
];
