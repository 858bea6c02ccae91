import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, floats, permuted } from "./given.ts";
import { dot, numericalGradient } from "./gradient.ts";
import { summed } from "./tolerance.ts";

interface Normalized {
  readonly y: number[];
  readonly means: number[];
  readonly reciprocals: number[];
}

function normalize(x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>, epsilon: number): Normalized {
  const size = weight.length;
  const [y, means, reciprocals]: [number[], number[], number[]] = [[], [], []];
  for (let start = 0; start < x.length; start += size) {
    const row = Array.from({ length: size }, (_, j) => x[start + j]!);
    const mean = row.reduce((a, b) => a + b, 0) / size;
    const reciprocal = 1 / Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size + epsilon);
    means.push(mean);
    reciprocals.push(reciprocal);
    for (const [j, value] of row.entries()) y.push((value - mean) * reciprocal * weight[j]! + bias[j]!);
  }
  return { y, means, reciprocals };
}

const forward: Tolerance = { absolute: 1e-5, relative: 1e-5, reason: "mean and variance in float32, and 1/√ of a variance that may be small" };
const epsilons = 1e-5;

function norm(name: string, make: () => Given, tolerance: Tolerance = forward): ConformanceCase {
  return callCase("layerNorm", name, tolerance, () => {
    const x = make();
    const size = x.shape.at(-1)!;
    const [weight, bias] = [floats([size], 21, 0.5, 1.5), floats([size], 22)];
    const { y, means, reciprocals } = normalize(elements(x), elements(weight), elements(bias), epsilons);
    const outer = x.shape.slice(0, -1);
    return {
      settings: {},
      operands: [x, weight, bias],
      scalars: [epsilons],
      outputs: [
        { shape: x.shape, values: y },
        { shape: outer, values: means },
        { shape: outer, values: reciprocals },
      ],
    };
  });
}

function gradient(name: string, make: () => readonly [Given, Given]): ConformanceCase {
  return callCase("layerNormGradient", name, { ...summed(16, 4), relative: 2e-5 }, () => {
    const [cotangent, x] = make();
    const size = x.shape.at(-1)!;
    const [weight, bias] = [floats([size], 21, 0.5, 1.5), new Float64Array(size)];
    const [dy, values, scale] = [elements(cotangent), elements(x), elements(weight)];
    const { means, reciprocals } = normalize(values, scale, bias, epsilons);
    const outer = x.shape.slice(0, -1);
    const loss = (a: ArrayLike<number>, w: ArrayLike<number>, b: ArrayLike<number>): number => dot(dy, normalize(a, w, b, epsilons).y);
    return {
      settings: {},
      operands: [cotangent, x, weight, array(outer, means), array(outer, reciprocals)],
      outputs: [
        { shape: x.shape, values: numericalGradient((a) => loss(a, scale, bias), values) },
        { shape: [size], values: numericalGradient((w) => loss(values, w, bias), scale) },
        { shape: [size], values: numericalGradient((b) => loss(values, scale, b), bias) },
      ],
    };
  });
}

/** Layer normalization. */
export const layerNorm: readonly ConformanceCase[] = [
  ...[1, 2, 3, 7, 31, 33, 64, 1025].map((size) => norm(`rows of ${size}`, () => floats([3, size], size))),
  norm("a single row without batch", () => floats([9], 1)),
  norm("three axes", () => floats([2, 5, 16], 1)),
  norm("no rows", () => floats([0, 5], 1)),
  norm("a transpose", () => permuted(floats([9, 6], 1), [1, 0])),
  norm("a repeated row", () => broadcast(floats([9], 1), [4, 9])),
  norm("numbers far from zero: the variance is taken around the mean", () => floats([3, 33], 1, 1000, 1004), {
    absolute: 2e-3,
    relative: 1e-3,
    reason: "a mean near 1000 is known to 2⁻¹⁵ in float32; a variance by E(x²) − E(x)² would be off by 10 %",
  }),
  norm("equal numbers give the bias", () => array([2, 5], new Float32Array(10).fill(3)), {
    absolute: 1e-3,
    relative: 1e-5,
    reason: "a rounding of the mean is divided by √epsilon",
  }),
  norm("NaN stays in its row", () => array([2, 3], [1, Number.NaN, 2, 3, 4, 6])),
];

/** Its gradient, against finite differences. */
export const layerNormGradient: readonly ConformanceCase[] = [
  ...[2, 3, 7, 31, 33].map((size) => gradient(`rows of ${size}, against finite differences`, () => [floats([4, size], 5), floats([4, size], size)])),
  gradient("three axes, a transposed cotangent, against finite differences", () => [permuted(floats([3, 2, 8], 5), [1, 0, 2]), floats([2, 3, 8], 6)]),
  gradient("a repeated cotangent, against finite differences", () => [broadcast(floats([9], 5), [5, 9]), floats([5, 9], 6)]),
];
