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
  for (const [step, [name, ...registers]] of program.instructions.entries()) {
    const at = `${where}: instruction ${step} (${[name, ...registers].join(" ")})`;
    const rule = Object.hasOwn(instructions, name) ? instructions[name] : undefined;
    if (!rule) throw new DeviceError(`${at}: there is no such instruction; there are ${Object.keys(instructions).join(", ")}`);
    if (name === "literal" || name === "integer") {
      if (registers.length !== 1) throw new DeviceError(`${at}: ${name} takes one value, ${registers.length} came`);
      if (name === "integer" && registers[0] !== (registers[0]! | 0)) throw new DeviceError(`${at}: expected a 32-bit integer, got ${registers[0]}`);
      types.push(name === "literal" ? "float32" : "int32");
      continue;
    }
    if (registers.length !== rule.arity) throw new DeviceError(`${at}: ${name} reads ${rule.arity} registers, ${registers.length} came`);
    const argumentTypes = registers.map((register) => {
      const type = types[register];
      if (!type) throw new DeviceError(`${at}: there is no register ${register} yet, only 0 to ${types.length - 1}`);
      return type;
    });
    const type = rule.type(argumentTypes);
    if (!type) throw new DeviceError(`${at}: ${name} does not take ${argumentTypes.join(", ")}; convert an argument first`);
    types.push(type);
  }
  return types;
}

/** The type of a program's result over operands of these types. @throws DeviceError as `registerTypes` does. */
export function programType(program: Program, operandTypes: readonly DType[], where = "program"): ComputeType {
  return registerTypes(program, operandTypes, where).at(-1)!;
}
