import type { DType } from "@ashlar/backend";
import { bytesPerElement, contiguousStrides, elementCount, encodeBfloat16, encodeFloat16 } from "@ashlar/backend";
import { copyOperand } from "./copyOperand.ts";
import type { Body } from "./kernel.ts";

/** Lays operands out in one array: assembly/copy.ts. */
export const copy: Body<"copy"> = (machine, { settings: { offsets, fill }, operands, outputs }, inputs, [out]) => {
  const { shape, dtype } = outputs[0]!;
  const count = elementCount(shape);
  const width = bytesPerElement(dtype);
  const strides = contiguousStrides(shape);
  const covered = operands.reduce((sum, operand) => sum + elementCount(operand.shape), 0);
  if (covered < count) machine.run(width === 4 ? "fillWords" : "fillHalfWords", out!, bitsOf(fill, dtype), count);
  for (const [index, operand] of operands.entries()) {
    const offset = offsets[index]!.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    copyOperand(machine, operand, inputs[index]!, out! + offset * width, dtype, strides);
  }
};

function bitsOf(value: number, dtype: DType): number {
  if (dtype === "int32" || dtype === "bool") return value | 0;
  const float = Float32Array.of(value);
  if (dtype === "float32") return new Int32Array(float.buffer)[0]!;
  return (dtype === "float16" ? encodeFloat16(float) : encodeBfloat16(float))[0]!;
}
