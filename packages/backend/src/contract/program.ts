import type { ComputeType } from "./dtype.ts";

/**
 * An elementwise computation as data: what `map` runs for every element, what `reduce` may begin with, and what `matmul` may end with.
 *
 * Registers are numbered: first the operands, then the scalars (float32 values that may change from call to call), then the result of
 * each instruction in turn. The last register is the result.
 *
 * A float32 instruction rounds its result to float32. A device may contract: give `a · b + c` and `a · b − c` as one operation that rounds once, where
 * the product rounded alone would be off by up to half a unit of its last place; and it may give 0 for a result below the smallest normal number,
 * 2⁻¹²⁶. One that does neither promises so (`Device.arithmetic`). NaN goes through every instruction that does not say otherwise.
 *
 * @example
 * ```ts
 * import type { Program } from "@ashlar/backend";
 * // x · 2 + s: register 0 is x, 1 is the scalar s, 2 the literal, 3 the product, 4 the result
 * const program: Program = { operands: 1, scalars: 1, instructions: [["literal", 2], ["multiply", 0, 2], ["add", 3, 1]] };
 * ```
 */
export interface Program {
  /** How many arrays it reads. */
  readonly operands: number;
  /** How many call-time float32 scalars it reads. */
  readonly scalars: number;
  /** The steps, in order; at least one. */
  readonly instructions: readonly Instruction[];
}

/** A name and its arguments: register numbers, or for `literal` and `integer` the value itself. */
export type Instruction = readonly [name: InstructionName, ...registers: number[]];

/** A float32 unary instruction's name; `negate`, `abs` and `sign` also take int32. */
export type UnaryName = "negate" | "abs" | "sign" | "floor" | "ceil" | "round" | "exp" | "expm1" | "log" | "log1p" | "sqrt" | "sin" | "cos" | "tanh" | "erf";

/** A binary arithmetic instruction's name: float32, or int32 for all but `divide` and `power`; both arguments have one type. */
export type BinaryName = "add" | "subtract" | "multiply" | "divide" | "power" | "maximum" | "minimum" | "remainder";

/** A comparison's name: two arguments of one type, a bool result. A comparison with NaN is false, but for `notEqual`. */
export type ComparisonName = "less" | "lessEqual" | "greater" | "greaterEqual" | "equal" | "notEqual";

/** A name that works on bools. */
export type LogicName = "and" | "or" | "not";

/** A conversion's name: to float32; to int32, toward zero; to bool, whether not zero (NaN is true). */
export type ConversionName = "toFloat32" | "toInt32" | "toBool";

/**
 * Every instruction. `where(condition, a, b)` picks by a bool; `literal` and `integer` are constants. `round` takes halves to even;
 * `remainder` has the sign of its second argument (as in Python); `maximum` and `minimum` give NaN if either argument is NaN; `power`
 * follows C: `1 ** NaN` and `x ** 0` are 1.
 */
export type InstructionName = UnaryName | BinaryName | ComparisonName | LogicName | ConversionName | "where" | "literal" | "integer";

/** The type of an instruction's result over arguments of these types; undefined where it does not take them. */
export type TypeRule = (types: readonly ComputeType[]) => ComputeType | undefined;

/** What an instruction reads and gives. */
export interface InstructionRule {
  /** How many registers it reads; 0 for the constants, which hold their value itself. */
  readonly arity: number;
  /** The type of its result. */
  readonly type: TypeRule;
}

const allSame = (types: readonly ComputeType[]): boolean => types.every((type) => type === types[0]);
const real: TypeRule = ([x]) => (x === "float32" ? x : undefined);
const number: TypeRule = (types) => (allSame(types) && types[0] !== "bool" ? types[0] : undefined);
const realPair: TypeRule = (types) => (allSame(types) ? real(types) : undefined);
const comparison: TypeRule = (types) => (allSame(types) ? "bool" : undefined);
const logic: TypeRule = (types) => (allSame(types) && types[0] === "bool" ? "bool" : undefined);

/** How many registers each instruction reads, and the type of its result. */
export const instructions: Readonly<Record<InstructionName, InstructionRule>> = {
  literal: { arity: 0, type: () => "float32" },
  integer: { arity: 0, type: () => "int32" },
  negate: { arity: 1, type: number },
  abs: { arity: 1, type: number },
  sign: { arity: 1, type: number },
  floor: { arity: 1, type: real },
  ceil: { arity: 1, type: real },
  round: { arity: 1, type: real },
  exp: { arity: 1, type: real },
  expm1: { arity: 1, type: real },
  log: { arity: 1, type: real },
  log1p: { arity: 1, type: real },
  sqrt: { arity: 1, type: real },
  sin: { arity: 1, type: real },
  cos: { arity: 1, type: real },
  tanh: { arity: 1, type: real },
  erf: { arity: 1, type: real },
  add: { arity: 2, type: number },
  subtract: { arity: 2, type: number },
  multiply: { arity: 2, type: number },
  divide: { arity: 2, type: realPair },
  power: { arity: 2, type: realPair },
  maximum: { arity: 2, type: number },
  minimum: { arity: 2, type: number },
  remainder: { arity: 2, type: number },
  less: { arity: 2, type: comparison },
  lessEqual: { arity: 2, type: comparison },
  greater: { arity: 2, type: comparison },
  greaterEqual: { arity: 2, type: comparison },
  equal: { arity: 2, type: comparison },
  notEqual: { arity: 2, type: comparison },
  and: { arity: 2, type: logic },
  or: { arity: 2, type: logic },
  not: { arity: 1, type: logic },
  toFloat32: { arity: 1, type: () => "float32" },
  toInt32: { arity: 1, type: () => "int32" },
  toBool: { arity: 1, type: () => "bool" },
  where: { arity: 3, type: ([condition, a, b]) => (condition === "bool" && a === b ? a : undefined) },
};
