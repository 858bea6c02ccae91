import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, floats, permuted } from "./given.ts";
import { dot, numericalGradient } from "./gradient.ts";
import { summed } from "./tolerance.ts";

function normalize(x: ArrayLike<number>, weight: ArrayLike<number>, epsilon: number): { y: number[]; reciprocals: number[] } {
  const size = weight.length;
  const [y, reciprocals]: [number[], number[]] = [[], []];
  for (let start = 0; start < x.length; start += size) {
    const row = Array.from({ length: size }, (_, j) => x[start + j]!);
    const reciprocal = (row.reduce((sum, value) => sum + value * value, 0) / size + epsilon) ** -0.5;
    reciprocals.push(reciprocal);
    for (const [j, value] of row.entries()) y.push(value * reciprocal * weight[j]!);
  }
  return { y, reciprocals };
}

const forward: Tolerance = { absolute: 1e-6, relative: 1e-5, reason: "a sum of squares and 1/√ in float32" };
const epsilons = 1e-6;

function norm(name: string, make: () => Given): ConformanceCase {
  return callCase("rmsNorm", name, forward, () => {
    const x = make();
    const weight = floats([x.shape.at(-1)!], 21, 0.5, 1.5);
    const { y, reciprocals } = normalize(elements(x), elements(weight), epsilons);
    return {
      settings: {},
      operands: [x, weight],
      scalars: [epsilons],
      outputs: [
        { shape: x.shape, values: y },
        { shape: x.shape.slice(0, -1), values: reciprocals },
      ],
    };
  });
}

function gradient(name: string, make: () => readonly [Given, Given]): ConformanceCase {
  return callCase("rmsNormGradient", name, { ...summed(16, 4), relative: 2e-5 }, () => {
    const [cotangent, x] = make();
    const size = x.shape.at(-1)!;
    const weight = floats([size], 21, 0.5, 1.5);
    const [dy, values, scale] = [elements(cotangent), elements(x), elements(weight)];
    const loss = (a: ArrayLike<number>, w: ArrayLike<number>): number => dot(dy, normalize(a, w, epsilons).y);
    return {
      settings: {},
      operands: [cotangent, x, weight, array(x.shape.slice(0, -1), normalize(values, scale, epsilons).reciprocals)],
      outputs: [
        { shape: x.shape, values: numericalGradient((a) => loss(a, scale), values) },
        { shape: [size], values: numericalGradient((w) => loss(values, w), scale) },
      ],
    };
  });
}

/** Root-mean-square normalization. */
export const rmsNorm: readonly ConformanceCase[] = [
  ...[1, 2, 3, 7, 31, 33, 64, 1025].map((size) => norm(`rows of ${size}`, () => floats([3, size], size))),
  norm("a single row without batch", () => floats([9], 1)),
  norm("three axes", () => floats([2, 5, 16], 1)),
  norm("no rows", () => floats([0, 5], 1)),
  norm("a transpose", () => permuted(floats([9, 6], 1), [1, 0])),
  norm("a repeated row", () => broadcast(floats([9], 1), [4, 9])),
  norm("zeros give zeros", () => array([2, 5], new Float32Array(10))),
  norm("NaN stays in its row", () => array([2, 3], [1, Number.NaN, 2, 3, 4, 6])),
];

/** Its gradient, against finite differences. */
export const rmsNormGradient: readonly ConformanceCase[] = [
  ...[1, 2, 3, 7, 31, 33].map((size) => gradient(`rows of ${size}, against finite differences`, () => [floats([4, size], 5), floats([4, size], size, 0.2, 1)])),
  gradient("three axes, a transposed cotangent, against finite differences", () => [permuted(floats([3, 2, 8], 5), [1, 0, 2]), floats([2, 3, 8], 6)]),
  gradient("a repeated cotangent, against finite differences", () => [broadcast(floats([9], 5), [5, 9]), floats([5, 9], 6)]),
];
