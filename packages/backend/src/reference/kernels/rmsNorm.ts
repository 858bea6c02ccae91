import type { Body } from "../body.ts";

// For every row of the last axis, with r = 1 / √(Σ x² / size + epsilon):
//   output[j] = x[j] · r · weight[j]

export const rmsNorm: Body<"rmsNorm"> = ({ scalars: [epsilon] }, [x, weight], [output, reciprocals]) => {
  const size = weight!.length;
  for (let row = 0; row < reciprocals!.length; row++) {
    const start = row * size;
    let squares = 0;
    for (let j = 0; j < size; j++) squares += x![start + j]! ** 2;
    const reciprocal = 1 / Math.sqrt(squares / size + epsilon!);
    for (let j = 0; j < size; j++) output![start + j] = x![start + j]! * reciprocal * weight![j]!;
    reciprocals![row] = reciprocal;
  }
};
