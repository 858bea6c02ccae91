import type { ComputeType, DType, InstructionName, Program } from "@ashlar/backend";
import { DeviceError, instructions, registerTypes } from "@ashlar/backend";
import * as op from "./opcodes.ts";

/** A program as the kernels read it: see assembly/program/run.ts for the words. */
export interface Encoded {
  /** The words, with the constants' vectors in place and room for the scalars'. */
  readonly image: Int32Array;
  /** Where the scalars' vectors are, in words. */
  readonly scalarsAt: number;
  /** The type of its result. */
  readonly type: ComputeType;
  /** How many instructions it has. */
  readonly steps: number;
  /** The workspace that running it takes, in bytes. */
  readonly workspace: number;
  /** How many arrays it reads. */
  readonly operands: number;
  /** All but its constants: programs that have it alike differ in numbers only. */
  readonly structure: string;
}

const HEADER = 8;
const OPERAND = 0;
const CONSTANT = 1;
const TEMPORARY = 2;
const NOTHING = 0;

// The instruction on floats, and on integers and bools.
const codes: Readonly<Record<Exclude<InstructionName, "literal" | "integer">, readonly [number, number]>> = {
  negate: [op.NEGATE, op.NEGATE_INTEGER],
  abs: [op.ABS, op.ABS_INTEGER],
  sign: [op.SIGN, op.SIGN_INTEGER],
  floor: [op.FLOOR, NOTHING],
  ceil: [op.CEIL, NOTHING],
  round: [op.ROUND, NOTHING],
  exp: [op.EXP, NOTHING],
  expm1: [op.EXPM1, NOTHING],
  log: [op.LOG, NOTHING],
  log1p: [op.LOG1P, NOTHING],
  sqrt: [op.SQRT, NOTHING],
  sin: [op.SIN, NOTHING],
  cos: [op.COS, NOTHING],
  tanh: [op.TANH, NOTHING],
  erf: [op.ERF, NOTHING],
  add: [op.ADD, op.ADD_INTEGER],
  subtract: [op.SUBTRACT, op.SUBTRACT_INTEGER],
  multiply: [op.MULTIPLY, op.MULTIPLY_INTEGER],
  divide: [op.DIVIDE, NOTHING],
  power: [op.POWER, NOTHING],
  maximum: [op.MAXIMUM, op.MAXIMUM_INTEGER],
  minimum: [op.MINIMUM, op.MINIMUM_INTEGER],
  remainder: [op.REMAINDER, op.REMAINDER_INTEGER],
  less: [op.LESS, op.LESS_INTEGER],
  lessEqual: [op.LESS_EQUAL, op.LESS_EQUAL_INTEGER],
  greater: [op.GREATER, op.GREATER_INTEGER],
  greaterEqual: [op.GREATER_EQUAL, op.GREATER_EQUAL_INTEGER],
  equal: [op.EQUAL, op.EQUAL_INTEGER],
  notEqual: [op.NOT_EQUAL, op.NOT_EQUAL_INTEGER],
  and: [NOTHING, op.AND],
  or: [NOTHING, op.OR],
  not: [NOTHING, op.NOT],
  toFloat32: [op.MOVE, op.INTEGER_TO_FLOAT],
  toInt32: [op.FLOAT_TO_INTEGER, op.MOVE],
  toBool: [op.FLOAT_TO_BOOL, op.INTEGER_TO_BOOL],
  where: [op.WHERE, op.WHERE],
};

const arities = new Map(
  Object.entries(codes).flatMap(([name, both]) => both.map((code): [number, number] => [code, instructions[name as InstructionName].arity])),
);

/** How many registers an instruction of the kernels reads. */
export function arityOf(code: number): number {
  return code === op.MOVE ? 1 : arities.get(code)!;
}

/** The workspace of a program with these many blocks. */
function workspaceFor(temporaries: number, operands: number): number {
  return op.TABLE_BYTES + op.COUNTER_BYTES + (temporaries + operands + 1) * op.BLOCK_BYTES;
}

/** The program that does nothing: its result is its one operand. What `reduce` runs without a program. */
export function identity(type: ComputeType): Encoded {
  const image = new Int32Array(HEADER + 2);
  image.set([0, 1, 0, 0, 1, (HEADER + 2) * 4]);
  return { image, scalarsAt: HEADER + 2, type, steps: 0, workspace: workspaceFor(0, 1), operands: 1, structure: "" };
}

/** Encodes a program over operands of these types. @throws DeviceError when it is not well formed. */
export function encode(program: Program, operandTypes: readonly DType[], where: string): Encoded {
  const types = registerTypes(program, operandTypes, where);
  const { operands, scalars } = program;
  const first = operands + scalars; // the register of instruction 0
  const endsConstant = isConstant(program.instructions.at(-1)![0]);
  const registers = types.length + Number(endsConstant); // a constant result is moved to one more
  if (registers * 8 > op.TABLE_BYTES) {
    throw new DeviceError(`${where}: the program has ${types.length} registers, at most ${op.TABLE_BYTES / 8 - 1} fit; split it`);
  }
  const kinds = new Int32Array(registers * 2);
  const constants: { register: number; bits: number }[] = [];
  const lastUse = new Int32Array(registers).fill(-1);
  for (const [step, [name, ...sources]] of program.instructions.entries()) if (!isConstant(name)) for (const source of sources) lastUse[source] = step;

  const steps: number[] = [];
  const spare: number[] = [];
  let temporaries = 0;
  const takeTemporary = (register: number): void => {
    kinds[register * 2] = TEMPORARY;
    kinds[register * 2 + 1] = spare.pop() ?? temporaries++;
  };
  for (let operand = 0; operand < operands; operand++) kinds.set([OPERAND, operand], operand * 2);
  for (let scalar = operands; scalar < first; scalar++) constants.push({ register: scalar, bits: 0 });
  for (const [step, [name, ...sources]] of program.instructions.entries()) {
    const register = first + step;
    if (name === "literal" || name === "integer") {
      constants.push({ register, bits: name === "literal" ? floatBits(sources[0]!) : sources[0]! });
      continue;
    }
    // a register read for the last time gives its block to the result: loops read before they write
    for (const source of new Set(sources)) {
      if (lastUse[source] === step && kinds[source * 2] === TEMPORARY) spare.push(kinds[source * 2 + 1]!);
    }
    takeTemporary(register);
    const [float, integer] = codes[name];
    const [a = 0, b = a, c = a] = sources;
    steps.push(types[a] === "float32" ? float : integer, register, a, b, c);
  }
  let result = types.length - 1;
  if (endsConstant) {
    const moved = result + 1;
    takeTemporary(moved);
    steps.push(op.MOVE, moved, result, result, result);
    result = moved;
  }

  const codeAt = HEADER + registers * 2;
  const constantsAt = codeAt + steps.length;
  const image = new Int32Array(constantsAt + constants.length * 4);
  for (const [index, { register, bits }] of constants.entries()) {
    const at = constantsAt + index * 4;
    kinds.set([CONSTANT, at * 4], register * 2);
    image.fill(bits, at, at + 4);
  }
  image.set([steps.length / 5, registers, result, temporaries, operands, codeAt * 4]);
  image.set(kinds, HEADER);
  image.set(steps, codeAt);
  return {
    image,
    scalarsAt: constantsAt,
    type: types.at(-1)!,
    steps: steps.length / 5,
    workspace: workspaceFor(temporaries, operands),
    operands,
    structure: image.subarray(0, constantsAt).join(),
  };
}

function isConstant(name: InstructionName): boolean {
  return name === "literal" || name === "integer";
}

function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
