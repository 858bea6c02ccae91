import type { ComputeType, DType } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { Program } from "../contract/program.ts";
import { instructions } from "../contract/program.ts";

/**
 * The type of every register of a program over operands of these types: operands, scalars, then results; the last is the program's.
 * @throws DeviceError that names the instruction when the program is not well formed: an unknown name, a wrong number of arguments, a
 * register that does not exist yet, argument types that do not fit, a constant that is not of its type.
 */
export function registerTypes(program: Program, operandTypes: readonly DType[], where = "program"): ComputeType[] {
  if (operandTypes.length !== program.operands) {
    throw new DeviceError(`${where}: the program reads ${program.operands} operands, ${operandTypes.length} came`);
  }
  if (program.instructions.length === 0) throw new DeviceError(`${where}: a program has at least one instruction, none came`);
  const types: ComputeType[] = operandTypes.map((type, operand) => {
    if (type === "float16" || type === "bfloat16") {
      throw new DeviceError(`${where}: operand ${operand} is ${type}, programs compute on float32, int32 and bool; convert it with copy`);
    }
    return type;
  });
  for (let scalar = 0; scalar < program.scalars; scalar++) types.push("float32");
  for (const [step, instruction] of program.instructions.entries()) {
    const name = instruction[0];
    // every call of a kernel passes here: what an error would say is put together only for one
    const wrong = (what: string): never => {
      throw new DeviceError(`${where}: instruction ${step} (${instruction.join(" ")})${what}`);
    };
    const rule = Object.hasOwn(instructions, name) ? instructions[name] : undefined;
    if (!rule) return wrong(`: there is no such instruction; there are ${Object.keys(instructions).join(", ")}`);
    const count = instruction.length - 1;
    if (name === "literal" || name === "integer") {
      const value = instruction[1] as number;
      if (count !== 1) wrong(`: ${name} takes one value, ${count} came`);
      if (name === "integer" && value !== (value | 0)) wrong(`: expected a 32-bit integer, got ${value}`);
      types.push(name === "literal" ? "float32" : "int32");
      continue;
    }
    if (count !== rule.arity) wrong(`: ${name} reads ${rule.arity} registers, ${count} came`);
    const argumentTypes: ComputeType[] = [];
    for (let argument = 1; argument <= count; argument++) {
      const type = types[instruction[argument] as number];
      if (!type) return wrong(`: there is no register ${instruction[argument]} yet, only 0 to ${types.length - 1}`);
      argumentTypes.push(type);
    }
    const type = rule.type(argumentTypes);
    if (!type) return wrong(`: ${name} does not take ${argumentTypes.join(", ")}; convert an argument first`);
    types.push(type);
  }
  return types;
}

/** The type of a program's result over operands of these types. @throws DeviceError as `registerTypes` does. */
export function programType(program: Program, operandTypes: readonly DType[], where = "program"): ComputeType {
  return registerTypes(program, operandTypes, where).at(-1)!;
}
