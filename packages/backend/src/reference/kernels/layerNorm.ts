import type { Body } from "../body.ts";

// For every row of the last axis, with mean = Σ x / size and r = 1 / √(Σ (x − mean)² / size + epsilon):
//   output[j] = (x[j] − mean) · r · weight[j] + bias[j]

export const layerNorm: Body<"layerNorm"> = ({ scalars: [epsilon] }, [x, weight, bias], [output, means, reciprocals]) => {
  const size = weight!.length;
  for (let row = 0; row < means!.length; row++) {
    const start = row * size;
    let sum = 0;
    for (let j = 0; j < size; j++) sum += x![start + j]!;
    const mean = sum / size;
    let squares = 0;
    for (let j = 0; j < size; j++) squares += (x![start + j]! - mean) ** 2;
    const reciprocal = 1 / Math.sqrt(squares / size + epsilon!);
    for (let j = 0; j < size; j++) output![start + j] = (x![start + j]! - mean) * reciprocal * weight![j]! + bias![j]!;
    means![row] = mean;
    reciprocals![row] = reciprocal;
  }
};
