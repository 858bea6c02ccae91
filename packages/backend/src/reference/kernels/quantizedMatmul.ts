import type { ComputeType } from "../../contract/dtype.ts";
import type { Body } from "../body.ts";
import { runProgram } from "./program.ts";

// For every row i of x and row j of the weight:
//   output[i, j] = Σₚ x[i, p] · weight[j, p]     weight[j, p] = float32(scales[j, ⌊p / group⌋] · (code[j, p] − 2^(bits − 1)))
// A row of the weight is unpacked once. Then the epilogue, if there is one, as in `matmul`.

export const quantizedMatmul: Body<"quantizedMatmul"> = (
  { settings: { bits, epilogue }, operands, scalars, outputs },
  [x, codes, scales, ...more],
  [output],
) => {
  const [m, k] = operands[0]!.shape as [number, number];
  const n = operands[1]!.shape[0]!;
  const [words, groups] = [operands[1]!.shape[1]!, operands[2]!.shape[1]!];
  const group = k / groups;
  const product = epilogue ? new Float32Array(outputs[0]!.shape[0]! * outputs[0]!.shape[1]!) : output!;

  const row = new Float32Array(k);
  for (let j = 0; j < n; j++) {
    for (let p = 0; p < k; p++) {
      const bit = p * bits;
      const code = (codes![j * words + Math.floor(bit / 32)]! >>> (bit % 32)) & (2 ** bits - 1);
      row[p] = scales![j * groups + Math.floor(p / group)]! * (code - 2 ** (bits - 1));
    }
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += x![i * k + p]! * row[p]!;
      product[i * n + j] = sum;
    }
  }

  if (epilogue) {
    const types = operands.slice(3).map(({ dtype }) => dtype as ComputeType);
    runProgram(epilogue, [product, ...more], ["float32", ...types], scalars, output!);
  }
};
