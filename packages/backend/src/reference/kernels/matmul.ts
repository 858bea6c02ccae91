import type { ComputeType } from "../../contract/dtype.ts";
import { elementCount } from "../../contract/operand.ts";
import type { Body } from "../body.ts";
import { runProgram } from "./program.ts";
import { widened } from "./widened.ts";

// For every batch, row i and column j:
//   output[i, j] = Σₚ a[i, p] · b[p, j]
// A row of sums is kept in float64 and p runs outside j, so that b is read in the order it lies. Then the epilogue, if there is one:
//   output[i, j] = epilogue(output[i, j], more operands…, scalars)

export const matmul: Body<"matmul"> = ({ settings: { epilogue }, operands, scalars, outputs }, [a, stored, ...more], [output]) => {
  const b = widened(stored!, operands[1]!.dtype);
  const [m, k] = operands[0]!.shape.slice(-2) as [number, number];
  const n = operands[1]!.shape.at(-1)!;
  const batches = elementCount(operands[0]!.shape.slice(0, -2));
  const product = epilogue ? new Float32Array(elementCount(outputs[0]!.shape)) : output!;

  const sums = new Float64Array(n);
  for (let batch = 0; batch < batches; batch++) {
    for (let i = 0; i < m; i++) {
      sums.fill(0);
      for (let p = 0; p < k; p++) {
        const left = a![(batch * m + i) * k + p]!;
        const right = (batch * k + p) * n;
        for (let j = 0; j < n; j++) sums[j] = sums[j]! + left * b[right + j]!;
      }
      product.set(sums, (batch * m + i) * n);
    }
  }

  if (epilogue) {
    const types = operands.slice(2).map(({ dtype }) => dtype as ComputeType);
    runProgram(epilogue, [product, ...more], ["float32", ...types], scalars, output!);
  }
};
