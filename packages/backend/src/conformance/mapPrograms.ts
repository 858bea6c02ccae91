import type { ComputeType, DType } from "../contract/dtype.ts";
import type { Instruction, Program } from "../contract/program.ts";
import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, bools, elements, floats, integers } from "./given.ts";
import { contracted, exact, transcendental } from "./tolerance.ts";

// Integers, bools, constants, scalars, and chains of instructions.

const MOST = 2 ** 31 - 1;
const LEAST = -(2 ** 31);
const whole = [0, 1, -1, 2, -2, 3, 7, -7, 100, 65536, -65537, 123456789, MOST, LEAST];
const pairs = whole.flatMap((x) => whole.map((y) => [x, y] as const));

const wholeUnary: readonly (readonly [Instruction[0], (x: number) => number])[] = [
  ["negate", (x) => (0 - x) | 0],
  ["abs", (x) => (x < 0 ? -x | 0 : x)],
  ["sign", (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)],
];
const wholeBinary: readonly (readonly [Instruction[0], DType, (x: number, y: number) => number])[] = [
  ["add", "int32", (x, y) => Number(BigInt.asIntN(32, BigInt(x) + BigInt(y)))],
  ["subtract", "int32", (x, y) => Number(BigInt.asIntN(32, BigInt(x) - BigInt(y)))],
  ["multiply", "int32", (x, y) => Number(BigInt.asIntN(32, BigInt(x) * BigInt(y)))],
  ["maximum", "int32", Math.max],
  ["minimum", "int32", Math.min],
  ["remainder", "int32", (x, y) => (y === 0 ? 0 : x - y * Math.floor(x / y))],
  ["less", "bool", (x, y) => Number(x < y)],
  ["lessEqual", "bool", (x, y) => Number(x <= y)],
  ["greater", "bool", (x, y) => Number(y < x)],
  ["greaterEqual", "bool", (x, y) => Number(y <= x)],
  ["equal", "bool", (x, y) => Number(x === y)],
  ["notEqual", "bool", (x, y) => Number(x !== y)],
];

interface Chain {
  readonly name: string;
  readonly operands: () => readonly Given[];
  readonly scalars?: readonly number[];
  readonly instructions: readonly Instruction[];
  readonly formula: (...registers: number[]) => number;
  readonly dtype?: ComputeType;
  /** Another tolerance than the exact one: where a sum reads a product. */
  readonly tolerance?: Tolerance;
}

const logic = (): Given[] => [array([4], [0, 0, 1, 1], "bool"), array([4], [0, 1, 0, 1], "bool")];
const line = (): Given[] => [floats([1025], 11, -4, 4)];

const exactChains: readonly Chain[] = [
  { name: "and", operands: logic, instructions: [["and", 0, 1]], formula: (x, y) => x! * y!, dtype: "bool" },
  { name: "or", operands: logic, instructions: [["or", 0, 1]], formula: (x, y) => Math.max(x!, y!), dtype: "bool" },
  { name: "not", operands: () => logic().slice(0, 1), instructions: [["not", 0]], formula: (x) => 1 - x!, dtype: "bool" },
  { name: "bools compare like 0 and 1", operands: logic, instructions: [["less", 0, 1]], formula: (x, y) => Number(x! < y!), dtype: "bool" },
  { name: "bools are equal or not", operands: logic, instructions: [["equal", 0, 1]], formula: (x, y) => Number(x === y), dtype: "bool" },
  {
    name: "where picks by a bool, and what it does not pick does no harm",
    operands: () => [bools([33], 1), floats([33], 2), array([33], new Array<number>(33).fill(Number.NaN))],
    instructions: [
      ["not", 0],
      ["not", 3],
      ["where", 4, 1, 1],
      ["where", 0, 5, 1],
    ],
    formula: (_condition, x) => x!,
  },
  {
    name: "where of a NaN branch",
    operands: () => [floats([33], 3)],
    instructions: [
      ["literal", 0],
      ["less", 0, 1],
      ["log", 0],
      ["where", 2, 1, 0],
      ["maximum", 4, 1],
    ],
    formula: (x) => Math.max(x!, 0),
  },
  {
    name: "where of integers",
    operands: () => [bools([31], 4), integers([31], 5, -9, 9), integers([31], 6, -9, 9)],
    instructions: [["where", 0, 1, 2]],
    formula: (c, x, y) => (c ? x! : y!),
    dtype: "int32",
  },
  {
    name: "where of bools",
    operands: () => [bools([31], 7), bools([31], 8), bools([31], 9)],
    instructions: [["where", 0, 1, 2]],
    formula: (c, x, y) => (c ? x! : y!),
    dtype: "bool",
  },
  {
    name: "toInt32 goes toward zero, keeps to the range, and makes NaN 0",
    operands: () => [
      array([13], [0, 0.9, -0.9, 1.5, -1.5, 2147483520, -2147483648, 3e9, -3e9, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 16777217]),
    ],
    instructions: [["toInt32", 0]],
    formula: (x) => (Number.isNaN(x) ? 0 : x! > MOST ? MOST : x! < LEAST ? LEAST : x! < 0 ? Math.ceil(x!) : Math.floor(x!)),
    dtype: "int32",
  },
  { name: "toInt32 of bools", operands: () => [bools([9], 1)], instructions: [["toInt32", 0]], formula: (x) => x!, dtype: "int32" },
  {
    name: "toFloat32 of integers rounds to the nearest",
    operands: () => [array([whole.length], whole, "int32")],
    instructions: [["toFloat32", 0]],
    formula: (x) => Math.fround(x!),
  },
  { name: "toFloat32 of bools", operands: () => [bools([9], 1)], instructions: [["toFloat32", 0]], formula: (x) => x! },
  {
    name: "toBool of floats: NaN is true, both zeros false",
    operands: () => [array([6], [0, -0, Number.NaN, 1e-30, -3, Number.POSITIVE_INFINITY])],
    instructions: [["toBool", 0]],
    formula: (x) => (x === 0 ? 0 : 1),
    dtype: "bool",
  },
  {
    name: "toBool of integers",
    operands: () => [array([4], [0, 1, -1, 256], "int32")],
    instructions: [["toBool", 0]],
    formula: (x) => (x === 0 ? 0 : 1),
    dtype: "bool",
  },
  { name: "a literal rounds to float32", operands: () => [floats([7], 1)], instructions: [["literal", 0.1]], formula: () => Math.fround(0.1) },
  {
    name: "a literal of every special value",
    operands: () => [floats([3], 1)],
    instructions: [["literal", Number.NEGATIVE_INFINITY]],
    formula: () => Number.NEGATIVE_INFINITY,
  },
  {
    name: "an integer constant is exact",
    operands: () => [integers([7], 1, 0, 2)],
    instructions: [
      ["integer", 123456789],
      ["add", 0, 1],
    ],
    formula: (x) => x! + 123456789,
    dtype: "int32",
  },
  {
    name: "scalars come after the operands, rounded to float32",
    operands: line,
    scalars: [0.1, -3],
    instructions: [
      ["multiply", 0, 1],
      ["add", 3, 2],
    ],
    formula: (x, s, t) => Math.fround(Math.fround(x! * Math.fround(s!)) + t!),
    tolerance: contracted(0.41), // numbers up to 4, times 0.1
  },
  { name: "a scalar alone fills", operands: () => [], scalars: [2.5], instructions: [["add", 0, 0]], formula: (s) => 2 * s! },
  {
    name: "an operand read twice",
    operands: line,
    instructions: [
      ["multiply", 0, 0],
      ["multiply", 1, 0],
    ],
    formula: (x) => Math.fround(Math.fround(x! * x!) * x!),
  },
  {
    name: "a result of an earlier instruction read late",
    operands: line,
    instructions: [
      ["add", 0, 0],
      ["negate", 0],
      ["abs", 2],
      ["subtract", 1, 3],
    ],
    formula: (x) => 2 * x! - Math.abs(x!),
  },
  {
    name: "types change along a chain",
    operands: line,
    instructions: [
      ["toInt32", 0],
      ["integer", 2],
      ["remainder", 1, 2],
      ["toBool", 3],
      ["not", 4],
      ["toFloat32", 5],
      ["multiply", 6, 0],
    ],
    formula: (x) => (Math.trunc(x!) % 2 === 0 ? x! : 0),
  },
];

const smoothChains: readonly Chain[] = [
  {
    name: "gelu in one program",
    operands: line,
    instructions: [
      ["literal", Math.SQRT1_2],
      ["multiply", 0, 1],
      ["erf", 2],
      ["literal", 1],
      ["add", 3, 4],
      ["literal", 0.5],
      ["multiply", 5, 6],
      ["multiply", 0, 7],
    ],
    formula: (x) => (x! / 2) * (1 + series(x! * Math.SQRT1_2)),
  },
  {
    name: "silu in one program",
    operands: line,
    instructions: [
      ["negate", 0],
      ["exp", 1],
      ["literal", 1],
      ["add", 2, 3],
      ["divide", 0, 4],
    ],
    formula: (x) => x! / (1 + Math.exp(-x!)),
  },
  {
    name: "ten operations over four operands",
    operands: () => [1, 2, 3, 4].map((seed) => floats([129, 9], seed)),
    scalars: [0.5],
    instructions: [
      ["add", 0, 1],
      ["multiply", 5, 2],
      ["subtract", 6, 3],
      ["tanh", 7],
      ["multiply", 8, 4],
      ["exp", 9],
      ["add", 10, 0],
      ["sqrt", 10],
      ["maximum", 11, 12],
      ["minimum", 13, 1],
      ["add", 14, 10],
    ],
    formula: (a, b, c, d, s) => {
      const e = Math.exp(s! * Math.tanh((a! + b!) * c! - d!));
      return Math.min(Math.max(e + a!, Math.sqrt(e)), b!) + e;
    },
  },
];

/** Programs of one and of many instructions, over every type. */
export const mapPrograms: readonly ConformanceCase[] = [
  ...wholeUnary.map(([name, formula]) =>
    callCase("map", `${name} of integers wraps at 32 bits`, exact, () => ({
      settings: { program: { operands: 1, scalars: 0, instructions: [[name, 0]] } },
      operands: [array([whole.length], whole, "int32")],
      outputs: [{ shape: [whole.length], dtype: "int32", values: whole.map(formula) }],
    })),
  ),
  ...wholeBinary.map(([name, dtype, formula]) =>
    callCase("map", `${name} of integers`, exact, () => ({
      settings: { program: { operands: 2, scalars: 0, instructions: [[name, 0, 1]] } },
      operands: [
        array(
          [pairs.length],
          pairs.map(([x]) => x),
          "int32",
        ),
        array(
          [pairs.length],
          pairs.map(([, y]) => y),
          "int32",
        ),
      ],
      outputs: [{ shape: [pairs.length], dtype, values: pairs.map(([x, y]) => formula(x, y)) }],
    })),
  ),
  ...exactChains.map((chain) => callCase("map", chain.name, chain.tolerance ?? exact, () => callOf(chain))),
  ...smoothChains.map((chain) =>
    callCase("map", chain.name, { ...transcendental, absolute: 4e-6, reason: "up to ten roundings in a row of numbers up to 8" }, () => callOf(chain)),
  ),
];

function callOf({ operands, scalars = [], instructions, formula, dtype = "float32" }: Chain) {
  const given = operands();
  const program: Program = { operands: given.length, scalars: scalars.length, instructions };
  const shape = given[0]?.shape ?? [5];
  const columns = given.map(elements);
  const count = columns[0]?.length ?? 5;
  const values = Array.from({ length: count }, (_, i) => formula(...columns.map((column) => column[i]!), ...scalars));
  return { settings: { program }, operands: given, scalars, outputs: [{ shape, dtype, values }] };
}

/** erf by its Maclaurin series Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), good below 3. */
function series(x: number): number {
  let power = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
