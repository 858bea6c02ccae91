import { type ComputeType, type Instruction, type InstructionName, instructions, type Program } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";

/**
 * A formula being written: what `add`, `exp` and the like give when their arguments are formulas themselves. `elementwise` turns it into a
 * program that runs in one pass, and differentiates it.
 */
export class Expression {
  /** `operand` and `scalar` are inputs (`value` is their number); the rest are instructions. */
  readonly name: InstructionName | "operand" | "scalar";
  /** What it is computed from. */
  readonly parts: readonly Expression[];
  /** The number of an input, or the value of a constant. */
  readonly value: number | undefined;
  /** The type of its elements. */
  readonly type: ComputeType;

  private constructor(name: Expression["name"], parts: readonly Expression[], type: ComputeType, value?: number) {
    this.name = name;
    this.parts = parts;
    this.type = type;
    this.value = value;
  }

  /** The i-th array of the program. */
  static operand(index: number, type: ComputeType): Expression {
    return new Expression("operand", [], type, index);
  }

  /** The i-th call-time number of the program. */
  static scalar(index: number): Expression {
    return new Expression("scalar", [], "float32", index);
  }

  /** A constant of a type. */
  static constant(value: number, type: ComputeType): Expression {
    if (type === "bool") return new Expression("toBool", [Expression.constant(value, "float32")], "bool");
    if (type === "int32" && !Number.isInteger(value))
      throw new TensorError(`elementwise: ${value} does not fit an int32 tensor; convert it with toFloat32 first`);
    return new Expression(type === "int32" ? "integer" : "literal", [], type, value);
  }

  /** An instruction on expressions and plain numbers, which take the type of the expressions beside them. */
  static apply(name: InstructionName, parts: readonly (Expression | number)[]): Expression {
    const typed = parts.filter((part) => part instanceof Expression);
    const beside = (name === "where" ? typed.filter((part) => part !== parts[0]) : typed)[0]?.type ?? "float32";
    const full = parts.map((part) => (part instanceof Expression ? part : Expression.constant(part, beside)));
    const types = full.map((part) => part.type);
    const type = instructions[name].type(types);
    if (!type) throw new TensorError(`${name}: can't be applied to ${types.join(" and ")}; convert with toFloat32, toInt32 or toBool`);
    return simplified(name, full) ?? new Expression(name, full, type);
  }

  /** Whether it is the constant `value`. */
  is(value: number): boolean {
    return (this.name === "literal" || this.name === "integer") && this.value === value;
  }
}

/** What needs no instruction: 1 · x, x + 0, x − 0, x / 1. These arise from derivatives. */
function simplified(name: InstructionName, [a, b]: readonly Expression[]): Expression | undefined {
  if (!a || !b) return undefined;
  if (name === "multiply" && a.is(1)) return b;
  if ((name === "multiply" || name === "divide") && b.is(1)) return a;
  if (name === "add" && a.is(0)) return b;
  if ((name === "add" || name === "subtract") && b.is(0)) return a;
  return undefined;
}

/** The instructions of an expression in order, each distinct one once. */
export function toProgram(result: Expression, operands: number, scalars: number): Program {
  const list: Instruction[] = [];
  const known = new Map<Expression, number>();
  const same = new Map<string, number>();
  const register = (expression: Expression): number => {
    const seen = known.get(expression);
    if (seen !== undefined) return seen;
    const place = emit(expression);
    known.set(expression, place);
    return place;
  };
  const emit = ({ name, parts, value = 0 }: Expression): number => {
    if (name === "operand") return value;
    if (name === "scalar") return operands + value;
    const instruction: Instruction = name === "literal" || name === "integer" ? [name, value] : [name, ...parts.map(register)];
    const key = `${instruction.join(" ")}${Object.is(value, -0) ? "-" : ""}`;
    const place = same.get(key) ?? operands + scalars + list.push(instruction) - 1;
    same.set(key, place);
    return place;
  };
  const last = register(result);
  if (last !== operands + scalars + list.length - 1 || list.length === 0) return finished(last, operands, scalars, list, result.type);
  return { operands, scalars, instructions: list };
}

/** A program ends with its result: where that is an input, one instruction that changes nothing is added. */
function finished(last: number, operands: number, scalars: number, list: Instruction[], type: ComputeType): Program {
  const name = { float32: "toFloat32", int32: "toInt32", bool: "toBool" } as const;
  return { operands, scalars, instructions: [...list, [name[type], last]] };
}
