import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, floats, integers, permuted } from "./given.ts";
import { dot, numericalGradient } from "./gradient.ts";

const tolerance: Tolerance = { absolute: 4e-6, relative: 4e-6, reason: "a log-sum-exp in float32, and differences of numbers up to about 10" };

function losses(logits: ArrayLike<number>, targets: ArrayLike<number>, smoothing: number, z: number): { losses: number[]; sums: number[] } {
  const classes = logits.length / targets.length;
  const found: { losses: number[]; sums: number[] } = { losses: [], sums: [] };
  for (let row = 0; row < targets.length; row++) {
    const x = Array.from({ length: classes }, (_, j) => logits[row * classes + j]!);
    const largest = x.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const sum = largest + Math.log(x.reduce((total, value) => total + Math.exp(value - largest), 0));
    // Smoothed targets are a distribution of their own: the loss is its cross-entropy with softmax(x).
    const wanted = x.map((_, j) => smoothing / classes + (j === targets[row] ? 1 - smoothing : 0));
    found.losses.push(wanted.reduce((total, share, j) => total + (share === 0 ? 0 : share * (sum - x[j]!)), 0) + z * sum * sum);
    found.sums.push(sum);
  }
  return found;
}

interface Setting {
  readonly smoothing?: number;
  readonly z?: number;
}

function loss(name: string, make: () => readonly [Given, Given], { smoothing = 0, z = 0 }: Setting = {}): ConformanceCase {
  return callCase("crossEntropy", name, tolerance, () => {
    const [logits, targets] = make();
    const found = losses(elements(logits), elements(targets), smoothing, z);
    return {
      settings: {},
      operands: [logits, targets],
      scalars: [smoothing, z],
      outputs: [
        { shape: targets.shape, values: found.losses },
        { shape: targets.shape, values: found.sums },
      ],
    };
  });
}

function gradient(
  name: string,
  make: () => readonly [Given, Given],
  { smoothing = 0, z = 0, cotangent = (rows: number): Given => floats([rows], 31), donated = false } = {},
): ConformanceCase {
  return callCase("crossEntropyGradient", name, tolerance, () => {
    const [logits, targets] = make();
    const given = cotangent(targets.shape[0]!);
    const [x, labels, dy] = [elements(logits), elements(targets), elements(given)];
    const values = numericalGradient((point) => dot(dy, losses(point, labels, smoothing, z).losses), x);
    return {
      settings: {},
      operands: [given, logits, targets, array(targets.shape, losses(x, labels, 0, 0).sums)],
      scalars: [smoothing, z],
      ...(donated && { donated: [1] }),
      outputs: [{ shape: logits.shape, values }],
    };
  });
}

const some =
  (rows: number, classes: number): (() => readonly [Given, Given]) =>
  () => [floats([rows, classes], classes, -4, 4), integers([rows], rows, 0, classes)];

/** Cross-entropy of logits and class targets. */
export const crossEntropy: readonly ConformanceCase[] = [
  ...[1, 2, 3, 7, 31, 33, 1025].map((classes) => loss(`${classes} classes`, some(5, classes))),
  loss("label smoothing", some(4, 33), { smoothing: 0.1 }),
  loss("z-loss", some(4, 33), { z: 1e-2 }),
  loss("label smoothing and z-loss", some(3, 65), { smoothing: 0.2, z: 1e-3 }),
  loss("no rows", () => [floats([0, 5], 1), integers([0], 1, 0, 1)]),
  loss("transposed logits", () => [permuted(floats([9, 5], 1), [1, 0]), integers([5], 1, 0, 9)]),
  loss("a target repeated by stride 0", () => [floats([4, 9], 1), broadcast(integers([1], 1, 0, 9), [4])]),
  loss("large logits do not overflow", () => [array([2, 3], [1000, 999, 998, -1000, -1001, -999]), array([2], [1, 0], "int32")]),
  loss("without smoothing, a class masked by −Infinity does no harm", () => [
    array([2, 3], [1, Number.NEGATIVE_INFINITY, 2, Number.NEGATIVE_INFINITY, 0.5, Number.NEGATIVE_INFINITY]),
    array([2], [2, 1], "int32"),
  ]),
  loss("NaN stays in its row", () => [array([2, 3], [1, Number.NaN, 2, 3, 4, 6]), array([2], [0, 2], "int32")]),
];

/** Its gradient, against finite differences. */
export const crossEntropyGradient: readonly ConformanceCase[] = [
  ...[1, 2, 3, 31, 33].map((classes) => gradient(`${classes} classes, against finite differences`, some(4, classes))),
  gradient("label smoothing, against finite differences", some(4, 33), { smoothing: 0.1 }),
  gradient("z-loss, against finite differences", some(4, 33), { z: 1e-2 }),
  gradient("label smoothing and z-loss, against finite differences", some(3, 17), { smoothing: 0.2, z: 1e-2 }),
  gradient("a cotangent repeated by stride 0, against finite differences", some(5, 9), { cotangent: (rows) => broadcast(array([1], [0.2]), [rows]) }),
  gradient("transposed logits, against finite differences", () => [permuted(floats([9, 5], 1), [1, 0]), integers([5], 1, 0, 9)]),
  ...[1, 3, 33].map((classes) => gradient(`${classes} classes, written over the logits`, some(7, classes), { smoothing: 0.1, z: 1e-2, donated: true })),
  gradient("a row with cotangent 0 gets zeros", some(3, 9), { cotangent: () => array([3], [0, 1, 0]) }),
];
