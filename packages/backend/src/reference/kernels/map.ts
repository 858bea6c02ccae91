import type { ComputeType } from "../../contract/dtype.ts";
import type { Body } from "../body.ts";
import { runProgram } from "./program.ts";

// For every element i:
//   output[i] = program(x₀[i], x₁[i], …, scalars)

export const map: Body<"map"> = ({ settings, operands, scalars }, inputs, [output]) => {
  const types = operands.map(({ dtype }) => dtype as ComputeType);
  runProgram(settings.program, inputs, types, scalars, output!);
};
