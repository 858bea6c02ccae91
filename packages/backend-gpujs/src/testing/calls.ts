import type { Buffer, Device, Operand, Program } from "@ashlar/backend";
import { contiguousStrides } from "@ashlar/backend";

/** A whole float32 buffer as an operand. */
export function whole(buffer: Buffer, shape: readonly number[], dtype: Operand["dtype"] = "float32"): Operand {
  return { buffer, shape, strides: contiguousStrides(shape), offset: 0, dtype };
}

/** x · s for every element. */
export const scale: Program = { operands: 1, scalars: 1, instructions: [["multiply", 0, 1]] };

/** Runs a program of one operand over a buffer. */
export function mapped(device: Device, program: Program, operand: Operand, scalars: readonly number[] = [], dtype: Operand["dtype"] = "float32"): Buffer {
  return device.kernels.map({ kernel: "map", settings: { program }, operands: [operand], scalars, outputs: [{ shape: operand.shape, dtype }] })[0]!;
}
