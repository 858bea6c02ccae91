import { type Device, reference } from "@ashlar/backend";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { argmax, argmin, equal, fromData, grad, logSumExp, max, mean, min, mul, product, sum, sumOf, type Tensor, tensor, variance } from "../index.ts";
import { devices } from "../testing/devices.ts";
import { indices } from "../testing/naive.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];
const total = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

/** Each reduction as a function of the numbers it folds. */
const folds: Readonly<
  Record<string, [fold: (x: Tensor, axes?: number[], options?: { keepAxes: boolean }) => Tensor, naive: (row: readonly number[]) => number]>
> = {
  sum: [sum, total],
  mean: [mean, (row) => total(row) / row.length],
  max: [max, (row) => Math.max(...row)],
  min: [min, (row) => Math.min(...row)],
  product: [product, (row) => row.reduce((a, b) => a * b, 1)],
  variance: [variance, (row) => total(row.map((x) => (x - total(row) / row.length) ** 2)) / row.length],
  logSumExp: [logSumExp, (row) => Math.log(total(row.map(Math.exp)))],
  "a sum of squares": [(x, axes, options) => sumOf("squares", 1, (value) => mul(value, value))([x], axes, options), (row) => total(row.map((x) => x * x))],
};

test.each(Object.entries(folds))("%s folds what lies along the axes, for any shape and axes, kept or not", async (name, [fold, naive]) => {
  const device = reference();
  const shapes = fc.array(fc.nat(3), { maxLength: 3 });
  const choice = shapes.chain((shape) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()]), fc.boolean(), fc.nat(1000)));
  await fc.assert(
    fc.asyncProperty(choice, async ([shape, axes, keepAxes, seed]) => {
      const all = indices(shape);
      const data = all.map((_, i) => Math.fround(Math.sin(i * 1.7 + seed)));
      const rest = (index: readonly number[]): number[] => index.filter((_, axis) => !axes.includes(axis));
      const rows = indices(rest(shape)).map((place) => data.filter((_, i) => rest(all[i]!).join() === place.join()));
      const folded = fold(
        fromData(Float32Array.from(data), shape, { device }),
        axes.map((axis) => axis - shape.length),
        { keepAxes },
      );
      expect(folded.shape).toEqual(keepAxes ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) : rest(shape));
      // one rounding of float32 a step, of at most 27
      toClose(await folded.data(), rows.map(naive), { rtol: 2e-6, atol: 2e-6 }, name);
    }),
    { numRuns: 60 },
  );
});

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("bools are counted, and their mean is a share", async () => {
    const hits = equal(tensor([1, 2, 3, 4], { device }), tensor([1, 0, 3, 4], { device }));
    expect([sum(hits).dtype, await sum(hits).item()]).toEqual(["int32", 3]);
    expect(await mean(hits).item()).toBe(0.75);
    expect(await sum(hits, []).dtype).toBe("int32");
    expect(await mean(tensor([1, 2], { device, dtype: "int32" })).item()).toBe(1.5);
  });

  test("the first of equal extremes is the one, NaN before all", async () => {
    const x = tensor(
      [
        [1, 3, 3],
        [2, nan, 5],
      ],
      { device },
    );
    expect(await list(argmax(x))).toEqual([1, 1]);
    expect(await list(argmin(x))).toEqual([0, 1]);
    expect(await list(max(x, 1))).toEqual([3, nan]);
    expect(argmax(x, 0, { keepAxes: true }).shape).toEqual([1, 3]);
  });

  test("a row of only −∞ has the log-sum-exp −∞ and no gradient", async () => {
    const x = tensor(
      [
        [-infinity, -infinity],
        [-infinity, 0],
      ],
      { device },
    );
    expect(await list(logSumExp(x, 1))).toEqual([-infinity, 0]);
    expect(await list(grad(x, (y) => sum(logSumExp(y, 1))))).toEqual([0, 0, 0, 1]);
  });
});
