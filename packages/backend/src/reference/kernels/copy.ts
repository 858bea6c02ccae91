import type { DType, HostArray } from "../../contract/dtype.ts";
import { contiguousStrides } from "../../contract/operand.ts";
import { encodeBfloat16 } from "../../numbers/bfloat16.ts";
import { encodeFloat16 } from "../../numbers/float16.ts";
import { positions } from "../../strided/positions.ts";
import type { Body } from "../body.ts";
import { widened } from "./widened.ts";

// output[…] = fill
// For every operand x, for every place [i, j, …] in it:
//   output[offset₀ + i, offset₁ + j, …] = x[i, j, …], converted

export const copy: Body<"copy"> = ({ settings: { offsets, fill }, operands, outputs }, inputs, [output]) => {
  const { shape, dtype } = outputs[0]!;
  output!.fill(dtype === "int32" ? fill : convert(Float32Array.of(fill), "float32", dtype)[0]!);
  const strides = contiguousStrides(shape);
  for (const [index, { shape: region, dtype: from }] of operands.entries()) {
    const offset = offsets[index]!.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
    const target = positions({ shape: region, strides, offset });
    const values = convert(inputs[index]!, from, dtype);
    for (let i = 0; i < target.length; i++) output![target[i]!] = values[i]!;
  }
};

function convert(values: HostArray, from: DType, to: DType): HostArray {
  if (from === to) return values;
  const wide = widened(values, from);
  if (to === "float16") return encodeFloat16(wide as Float32Array);
  if (to === "bfloat16") return encodeBfloat16(wide as Float32Array);
  return wide;
}
