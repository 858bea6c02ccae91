import type { Body } from "../body.ts";

// For every row of the last axis, with n[j] = x[j] · r and g[j] = cotangent[j] · weight[j]:
//   ofX[j] = r · (g[j] − n[j] · Σ (g · n) / size)
//   ofWeight[j] += cotangent[j] · n[j]        over all rows

export const rmsNormGradient: Body<"rmsNormGradient"> = (_call, [cotangent, x, weight, reciprocals], [ofX, ofWeight]) => {
  const size = weight!.length;
  const weightSums = new Float64Array(size);
  for (let row = 0; row < reciprocals!.length; row++) {
    const start = row * size;
    const reciprocal = reciprocals![row]!;
    let product = 0;
    for (let j = 0; j < size; j++) {
      const normal = x![start + j]! * reciprocal;
      product += cotangent![start + j]! * weight![j]! * normal;
      weightSums[j] = weightSums[j]! + cotangent![start + j]! * normal;
    }
    for (let j = 0; j < size; j++) {
      const normal = x![start + j]! * reciprocal;
      ofX![start + j] = reciprocal * (cotangent![start + j]! * weight![j]! - (normal * product) / size);
    }
  }
  ofWeight!.set(weightSums);
};
