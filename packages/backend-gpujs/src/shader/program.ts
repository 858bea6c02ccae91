import type { ComputeType, InstructionName, Program } from "@ashlar/backend";
import { registerTypes } from "@ashlar/backend";
import type { StepWriter } from "../device/plan.ts";
import { helpers } from "./functions.ts";
import type { Value } from "./views.ts";
import * as whole from "./whole.ts";
import { number } from "./writer.ts";

// A program printed: each instruction becomes a variable.

/** Writes a program over given operands and numbers, and gives its result. */
export function runProgram(w: StepWriter, program: Program, types: readonly ComputeType[], operands: readonly Value[], scalars: readonly string[]): Value {
  const typeOf = registerTypes(program, types);
  const registers: Value[] = [...operands, ...scalars.map((value) => ({ value }))];
  for (const [name, ...places] of program.instructions) {
    const [a = 0] = places;
    if (name === "literal") registers.push({ value: literal(w, Math.fround(a)) });
    else if (name === "integer") registers.push(whole.constant(a));
    else {
      const values = places.map((place) => registers[place]!);
      const type = typeOf[name === "where" ? places[1]! : a]!;
      registers.push(type === "int32" ? ofWhole(w, name, values) : ofReal(w, name, values, type));
    }
  }
  const last = registers.at(-1)!;
  return typeOf.at(-1) === "int32" && last.high === undefined ? { ...last, high: "0" } : last;
}

/** A constant, infinities and NaN among them. */
export function literal(w: StepWriter, value: number): string {
  if (Number.isNaN(value)) return w.notANumber();
  if (value === Number.POSITIVE_INFINITY) return w.infinity();
  if (value === Number.NEGATIVE_INFINITY) return w.let(`0 - ${w.infinity()}`);
  return w.let(number(value));
}

const comparisons: Partial<Record<InstructionName, string>> = { less: "<", lessEqual: "<=", greater: ">", greaterEqual: ">=", equal: "===" };
const arithmetic: Partial<Record<InstructionName, string>> = { add: "+", subtract: "-", multiply: "*" };

function ofReal(w: StepWriter, name: InstructionName, values: readonly Value[], type: ComputeType): Value {
  const [a, b, c] = values.map(({ value }) => value) as [string, string, string];
  const keep = (expression: string): Value => ({ value: w.let(expression) });
  if (name in arithmetic) return keep(`${a} ${arithmetic[name]} ${b}`);
  if (name in comparisons) return keep(`${a} ${comparisons[name]} ${b} ? 1 : 0`);
  switch (name) {
    case "notEqual":
      return keep(`${a} === ${b} ? 0 : 1`);
    case "and":
      return keep(`${a} * ${b}`);
    case "or":
      return keep(`${a} + ${b} > 0 ? 1 : 0`);
    case "not":
      return keep(`1 - ${a}`);
    case "where":
      return keep(`${a} > 0 ? ${b} : ${c}`);
    case "negate":
      return keep(`-${a}`);
    case "abs":
      return keep(`Math.abs(${a})`);
    case "floor":
      return { value: w.floor(a) };
    case "ceil":
      return keep(`-${w.floor(`-${a}`)}`);
    case "sqrt":
      return keep(`Math.sqrt(${a})`);
    case "toFloat32":
      return { value: a };
    case "toBool":
      return type === "bool" ? { value: a } : keep(`${a} === 0 ? 0 : 1`);
    case "toInt32":
      return type === "bool" ? { value: a, high: "0" } : whole.fromReal(w, a);
    default: {
      for (const [called, source] of helpers(name)) w.helper(called, source);
      const extra =
        name === "power" ? `, ${w.infinity()}, ${w.notANumber()}` : name === "log" || name === "log1p" ? `, ${w.infinity()}, ${w.notANumber()}` : "";
      return keep(`${name}1(${b === undefined ? a : `${a}, ${b}`}${extra})`);
    }
  }
}

function ofWhole(w: StepWriter, name: InstructionName, values: readonly Value[]): Value {
  const [a, b, c] = values as [Value, Value, Value];
  switch (name) {
    case "negate":
      return whole.subtract(w, whole.constant(0), a);
    case "abs":
      return whole.pick(w, w.let(`${a.high} < 0 ? 1 : 0`), whole.subtract(w, whole.constant(0), a), a);
    case "sign": {
      const positive = w.let(`${a.value} + ${a.high} === 0 ? 0 : 1`);
      const signed = w.let(`${a.high} < 0 ? -1 : ${positive}`);
      return { value: w.let(`${signed} < 0 ? 65535 : ${signed}`), high: w.let(`${signed} < 0 ? -1 : 0`) };
    }
    case "add":
      return whole.add(w, a, b);
    case "subtract":
      return whole.subtract(w, a, b);
    case "multiply":
      return whole.multiply(w, a, b);
    case "remainder":
      return whole.remainder(w, a, b);
    case "maximum":
      return whole.pick(w, whole.less(w, a, b), b, a);
    case "minimum":
      return whole.pick(w, whole.less(w, a, b), a, b);
    case "less":
      return { value: whole.less(w, a, b) };
    case "greater":
      return { value: whole.less(w, b, a) };
    case "lessEqual":
      return { value: w.let(`1 - ${whole.less(w, b, a)}`) };
    case "greaterEqual":
      return { value: w.let(`1 - ${whole.less(w, a, b)}`) };
    case "equal":
      return { value: whole.equal(w, a, b) };
    case "notEqual":
      return { value: w.let(`1 - ${whole.equal(w, a, b)}`) };
    case "where":
      return whole.pick(w, a.value, b, c);
    case "toFloat32":
      return { value: w.let(`${a.high} * 65536 + ${a.value}`) };
    case "toBool":
      return { value: w.let(`1 - ${whole.equal(w, a, whole.constant(0))}`) };
    default:
      return a;
  }
}
