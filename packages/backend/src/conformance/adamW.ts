import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, broadcast, elements, floats, permuted } from "./given.ts";

const tolerance: Tolerance = { absolute: 1e-7, relative: 2e-6, reason: "some float32 roundings of numbers up to 1" };

interface Setting {
  readonly step?: number;
  readonly rate?: number;
  readonly decay?: number;
  readonly donated?: readonly number[];
}

function step(
  name: string,
  make: () => readonly [Given, Given, Given, Given],
  { step: t = 3, rate = 1e-2, decay = 0.1, donated }: Setting = {},
): ConformanceCase {
  return callCase("adamW", name, tolerance, () => {
    const operands = make();
    const [p, g, m, v] = operands.map(elements) as [number[], number[], number[], number[]];
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    const first = m.map((value, i) => beta1 * value + (1 - beta1) * g[i]!);
    const second = v.map((value, i) => beta2 * value + (1 - beta2) * g[i]! ** 2);
    const next = p.map((value, i) => {
      const direction = first[i]! / (1 - beta1 ** t) / (Math.sqrt(second[i]! / (1 - beta2 ** t)) + epsilon);
      return value - rate * decay * value - rate * direction;
    });
    const { shape } = operands[0];
    return {
      settings: {},
      operands,
      scalars: [rate, beta1, beta2, epsilon, decay, 1 - beta1 ** t, 1 - beta2 ** t],
      outputs: [
        { shape, values: next },
        { shape, values: first },
        { shape, values: second },
      ],
      ...(donated && { donated }),
    };
  });
}

const state =
  (shape: readonly number[]): (() => readonly [Given, Given, Given, Given]) =>
  () => [floats(shape, 1), floats(shape, 2), floats(shape, 3, -0.1, 0.1), floats(shape, 4, 0.001, 0.1)];

/** One step of AdamW. */
export const adamW: readonly ConformanceCase[] = [
  ...[1, 3, 7, 31, 33, 1025].map((size) => step(`${size} parameters`, state([size]))),
  step("a matrix", state([5, 9])),
  step("a single number", state([])),
  step("nothing", state([0, 4])),
  step("the first step, from moments of zero", () => [floats([33], 1), floats([33], 2), array([33], new Float32Array(33)), array([33], new Float32Array(33))], {
    step: 1,
  }),
  step(
    "a gradient of zero leaves only the decay",
    () => [floats([33], 1), array([33], new Float32Array(33)), array([33], new Float32Array(33)), array([33], new Float32Array(33))],
    { step: 1 },
  ),
  step("no decay, after many steps", state([33]), { decay: 0, step: 10000 }),
  step("a transposed gradient", () => [floats([5, 9], 1), permuted(floats([9, 5], 2), [1, 0]), floats([5, 9], 3, -0.1, 0.1), floats([5, 9], 4, 0.001, 0.1)]),
  step("a repeated gradient", () => [floats([5, 9], 1), broadcast(floats([9], 2), [5, 9]), floats([5, 9], 3, -0.1, 0.1), floats([5, 9], 4, 0.001, 0.1)]),
  step("with parameter and moments donated", state([1025]), { donated: [0, 2, 3] }),
  step("with everything donated, in another order", state([33]), { donated: [3, 1, 0, 2] }),
  step("with the gradient alone donated", state([33]), { donated: [1] }),
];
