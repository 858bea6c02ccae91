import type { InstructionName } from "../contract/program.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import { array, elements, floats } from "./given.ts";
import { exact, SMALLEST, transcendental, twoUlps } from "./tolerance.ts";

// Every float32 instruction alone, over special, small, large and ordinary arguments.

const specials = [
  0,
  -0,
  1,
  -1,
  2,
  -2,
  0.5,
  -0.5,
  1.5,
  2.5,
  -1.5,
  -2.5,
  3,
  1e-30,
  -1e-30,
  1e-7,
  -1e-3,
  88,
  -87,
  100,
  -104,
  1e30,
  -1e30,
  3.4e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
];
const ordinary = [...elements(floats([97], 1, -10, 10)), ...elements(floats([31], 2, -1, 1))];
const angles = [...specials.filter((x) => !(Math.abs(x) > 1e4) || !Number.isFinite(x)), ...ordinary, ...elements(floats([33], 3, -8000, 8000))];

const power: Tolerance = {
  absolute: SMALLEST,
  relative: 2e-5,
  reason: "exp(y · log x) in float32 turns the rounding of y · log x, up to 88 · 2⁻²⁴, into a relative error",
};
const cosine: Tolerance = {
  ...transcendental,
  absolute: 2e-6,
  reason: "an argument up to 8000 is reduced by a float32 multiple of π; near a zero only its absolute error is small",
};

interface Unary {
  readonly formula: (x: number) => number;
  readonly tolerance: Tolerance;
  readonly arguments?: readonly number[];
}

const unary: Partial<Record<InstructionName, Unary>> = {
  negate: { formula: (x) => 0 - x, tolerance: exact },
  abs: { formula: (x) => (x < 0 ? -x : x), tolerance: exact },
  sign: { formula: (x) => (x > 0 ? 1 : x < 0 ? -1 : x), tolerance: exact },
  floor: {
    formula: (x) => (Number.isFinite(x) ? x - (((x % 1) + 1) % 1) : x),
    tolerance: exact,
    arguments: [...specials.filter((x) => Math.abs(x) !== 1e-30), ...ordinary],
  },
  ceil: { formula: (x) => -Math.floor(-x), tolerance: exact },
  round: { formula: nearestEven, tolerance: exact, arguments: [...specials, ...ordinary, 4.5, 5.5, -3.5, 8388607.5, 8388609, 0.49999997] },
  exp: { formula: (x) => Math.E ** x, tolerance: { ...transcendental, absolute: SMALLEST } },
  expm1: { formula: (x) => (Math.abs(x) < 1e-5 ? x + (x * x) / 2 : Math.E ** x - 1), tolerance: { ...transcendental, absolute: SMALLEST } },
  log: { formula: (x) => Math.LN2 * Math.log2(x), tolerance: transcendental },
  log1p: { formula: (x) => (Math.abs(x) < 1e-5 ? x - (x * x) / 2 : Math.log(1 + x)), tolerance: { ...transcendental, absolute: SMALLEST } },
  sqrt: { formula: (x) => x ** 0.5, tolerance: twoUlps, arguments: [...specials.filter((x) => x !== Number.NEGATIVE_INFINITY), ...ordinary] },
  sin: { formula: (x) => Math.cos(x - Math.PI / 2), tolerance: cosine, arguments: angles },
  cos: { formula: (x) => 1 - 2 * Math.sin(x / 2) ** 2, tolerance: cosine, arguments: angles },
  tanh: { formula: (x) => (Math.abs(x) < 1e-5 ? x : 1 - 2 / (Math.E ** (2 * x) + 1)), tolerance: { ...transcendental, absolute: SMALLEST } },
  erf: { formula: integratedErf, tolerance: { ...transcendental, absolute: SMALLEST } },
};

interface Binary {
  readonly formula: (x: number, y: number) => number;
  readonly tolerance: Tolerance;
  readonly pairs?: readonly (readonly [number, number])[];
}

const everyPair = [
  ...specials.flatMap((x) => specials.map((y) => [x, y] as const)),
  ...ordinary.map((x, i) => [x, ordinary[(i * 7 + 3) % ordinary.length]!] as const),
];
const finitePairs = everyPair.filter(([x, y]) => Math.abs(x) < 1e20 && Math.abs(y) < 1e20 && Math.abs(y) > 1e-20);

const binary: Partial<Record<InstructionName, Binary>> = {
  add: { formula: (x, y) => x + y, tolerance: exact },
  subtract: { formula: (x, y) => x - y, tolerance: exact },
  multiply: { formula: (x, y) => x * y, tolerance: exact },
  divide: { formula: (x, y) => x / y, tolerance: twoUlps },
  power: {
    formula: (x, y) => x ** y,
    tolerance: power,
    pairs: [
      ...everyPair.filter(([x, y]) => !(Math.abs(x) === 1 && !Number.isFinite(y)) && !(Math.abs(y) >= 1e30 && Number.isFinite(y) && Math.abs(x) === 1)),
      ...elements(floats([64], 5, 0.01, 20)).map((x, i) => [x, ((i % 13) - 6) / 2] as const),
    ],
  },
  maximum: { formula: Math.max, tolerance: exact },
  minimum: { formula: Math.min, tolerance: exact },
  remainder: {
    formula: (x, y) => x - y * Math.floor(x / y),
    tolerance: { absolute: 2e-6, relative: 0, reason: "x − y · ⌊x / y⌋ of numbers up to 16 rounds twice in float32" },
    pairs: finitePairs.filter(([x, y]) => Math.abs(x) <= 16 && Math.abs(y) >= 0.2 && Math.abs(y) <= 16 && distanceToWhole(x / y) > 1e-5),
  },
  less: { formula: (x, y) => Number(x < y), tolerance: exact },
  lessEqual: { formula: (x, y) => Number(x <= y), tolerance: exact },
  greater: { formula: (x, y) => Number(y < x), tolerance: exact },
  greaterEqual: { formula: (x, y) => Number(y <= x), tolerance: exact },
  equal: { formula: (x, y) => Number(x === y), tolerance: exact },
  notEqual: { formula: (x, y) => Number(!(x === y)), tolerance: exact },
};

const comparisons = new Set(["less", "lessEqual", "greater", "greaterEqual", "equal", "notEqual"]);

/** One case for each float32 instruction. */
export const mapInstructions: readonly ConformanceCase[] = [
  ...Object.entries(unary).map(([name, { formula, tolerance, arguments: values = [...specials, ...ordinary] }]) =>
    callCase("map", `${name} of special, small, large and ordinary numbers`, tolerance, () => {
      const x = array([values.length], values);
      return {
        settings: { program: { operands: 1, scalars: 0, instructions: [[name as InstructionName, 0]] } },
        operands: [x],
        outputs: [{ shape: x.shape, values: elements(x).map(formula) }],
      };
    }),
  ),
  ...Object.entries(binary).map(([name, { formula, tolerance, pairs = everyPair }]) =>
    callCase("map", `${name} of every pair of special numbers`, tolerance, () => {
      const x = array(
        [pairs.length],
        pairs.map(([first]) => first),
      );
      const y = array(
        [pairs.length],
        pairs.map(([, second]) => second),
      );
      const [a, b] = [elements(x), elements(y)];
      return {
        settings: { program: { operands: 2, scalars: 0, instructions: [[name as InstructionName, 0, 1]] } },
        operands: [x, y],
        outputs: [{ shape: x.shape, dtype: comparisons.has(name) ? "bool" : "float32", values: a.map((value, i) => formula(value, b[i]!)) }],
      };
    }),
  ),
  callCase("map", "power follows C where JavaScript does not: 1 ** NaN, x ** 0 and (−1) ** ±Infinity are 1", exact, () => ({
    settings: { program: { operands: 2, scalars: 0, instructions: [["power", 0, 1]] } },
    operands: [
      array([7], [1, 1, 1, -1, -1, Number.NaN, Number.POSITIVE_INFINITY]),
      array([7], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]),
    ],
    outputs: [{ shape: [7], values: [1, 1, 1, 1, 1, 1, 1] }],
  })),
  callCase("map", "remainder has the sign of its second argument", exact, () => ({
    settings: { program: { operands: 2, scalars: 0, instructions: [["remainder", 0, 1]] } },
    operands: [array([8], [5, -5, 5, -5, 6, -6, 0, 5.5]), array([8], [3, 3, -3, -3, 3, 3, 3, 2])],
    outputs: [{ shape: [8], values: [2, 1, -1, -2, 0, 0, 0, 1.5] }],
  })),
  callCase("map", "dividing by the two zeros gives the two infinities", exact, () => ({
    settings: { program: { operands: 2, scalars: 0, instructions: [["divide", 0, 1]] } },
    operands: [array([5], [1, 1, -1, -1, 0]), array([5], [0, -0, 0, -0, 0])],
    outputs: [{ shape: [5], values: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN] }],
  })),
];

function nearestEven(x: number): number {
  if (!Number.isFinite(x)) return x;
  const [below, above] = [Math.floor(x), Math.ceil(x)];
  if (x - below !== above - x) return x - below < above - x ? below : above;
  return below % 2 === 0 ? below : above;
}

function distanceToWhole(x: number): number {
  return Math.abs(x - Math.round(x));
}

/** 2/√π ∫₀ˣ exp(−t²) dt by Simpson's rule with 2000 steps: error below 1e−12. */
function integratedErf(x: number): number {
  if (!(Math.abs(x) < 7)) return Math.sign(x);
  const step = x / 2000;
  let sum = 1 + Math.exp(-x * x);
  for (let i = 1; i < 2000; i++) sum += (i % 2 === 1 ? 4 : 2) * Math.exp(-((i * step) ** 2));
  return (2 / Math.sqrt(Math.PI)) * (step / 3) * sum;
}
