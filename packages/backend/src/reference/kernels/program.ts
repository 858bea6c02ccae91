import type { ComputeType, HostArray } from "../../contract/dtype.ts";
import { hostArray } from "../../contract/dtype.ts";
import type { InstructionName, Program } from "../../contract/program.ts";
import { erf } from "../../numbers/erf.ts";
import { registerTypes } from "../../validate/programType.ts";

// For each block of 1024 elements, for each instruction in turn, for each element of the block:
//   register[next][i] = instruction(register[a][i], register[b][i], register[c][i])
// A result rounds to its type when it is stored in its register; the last instruction's register is the output itself.

const BLOCK = 1024;

/** Runs a program over contiguous operands of the output's length, and writes its result there. `output` may be one of the operands. */
export function runProgram(
  program: Program,
  operands: readonly HostArray[],
  types: readonly ComputeType[],
  scalars: readonly number[],
  output: HostArray,
): void {
  const typeOf = registerTypes(program, types);
  const constants = program.operands + program.scalars;
  const registers: HostArray[] = typeOf.map((type, register) => hostArray(type, register < program.operands ? 0 : BLOCK));
  for (const [index, scalar] of scalars.entries()) registers[program.operands + index]!.fill(scalar);
  for (const [step, [name, value]] of program.instructions.entries()) {
    if (name === "literal" || name === "integer") registers[constants + step]!.fill(value!);
  }

  for (let start = 0; start < output.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, output.length);
    for (const [index, operand] of operands.entries()) registers[index] = operand.subarray(start, end);
    for (const [step, [name, a = 0, b = a, c = a]] of program.instructions.entries()) {
      const last = step === program.instructions.length - 1;
      const result = last ? output.subarray(start, end) : registers[constants + step]!;
      if (name === "literal" || name === "integer") {
        if (last) result.fill(a);
        continue;
      }
      const compute =
        name === "multiply" && typeOf[a] === "int32" ? Math.imul : name === "remainder" && typeOf[a] === "int32" ? wholeRemainder : formulas[name];
      const [x, y, z] = [registers[a]!, registers[b]!, registers[c]!];
      for (let i = 0; i < end - start; i++) result[i] = compute(x[i]!, y[i]!, z[i]!);
    }
  }
}

/** The formula of each instruction, for every type it takes: bools are 0 and 1, and an Int32Array wraps what it stores. */
const formulas: Readonly<Record<Exclude<InstructionName, "literal" | "integer">, (x: number, y: number, z: number) => number>> = {
  negate: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  power,
  maximum: (x, y) => Math.max(x, y),
  minimum: (x, y) => Math.min(x, y),
  remainder,
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  greater: (x, y) => Number(x > y),
  greaterEqual: (x, y) => Number(x >= y),
  equal: (x, y) => Number(x === y),
  notEqual: (x, y) => Number(x !== y),
  and: (x, y) => x & y,
  or: (x, y) => x | y,
  not: (x) => 1 - x,
  toFloat32: (x) => x,
  toInt32: (x) => (Number.isNaN(x) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(x)))),
  toBool: (x) => Number(x !== 0),
  where: (condition, x, y) => (condition ? x : y),
};

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

function power(x: number, y: number): number {
  // JavaScript gives NaN here, C and IEEE 754 give 1.
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1;
  return x ** y;
}

function remainder(x: number, y: number): number {
  const rest = x % y; // has the sign of x
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

function wholeRemainder(x: number, y: number): number {
  return y === 0 ? 0 : remainder(x, y);
}
