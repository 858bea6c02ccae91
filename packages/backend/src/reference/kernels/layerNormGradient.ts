import type { Body } from "../body.ts";

// For every row of the last axis, with n[j] = (x[j] − mean) · r and g[j] = cotangent[j] · weight[j]:
//   ofX[j] = r · (g[j] − Σ g / size − n[j] · Σ (g · n) / size)
//   ofWeight[j] += cotangent[j] · n[j]        ofBias[j] += cotangent[j]        over all rows

export const layerNormGradient: Body<"layerNormGradient"> = (_call, [cotangent, x, weight, means, reciprocals], [ofX, ofWeight, ofBias]) => {
  const size = weight!.length;
  const weightSums = new Float64Array(size);
  const biasSums = new Float64Array(size);
  for (let row = 0; row < means!.length; row++) {
    const start = row * size;
    const mean = means![row]!;
    const reciprocal = reciprocals![row]!;
    let sum = 0;
    let product = 0;
    for (let j = 0; j < size; j++) {
      const given = cotangent![start + j]!;
      const normal = (x![start + j]! - mean) * reciprocal;
      sum += given * weight![j]!;
      product += given * weight![j]! * normal;
      weightSums[j] = weightSums[j]! + given * normal;
      biasSums[j] = biasSums[j]! + given;
    }
    for (let j = 0; j < size; j++) {
      const normal = (x![start + j]! - mean) * reciprocal;
      ofX![start + j] = reciprocal * (cotangent![start + j]! * weight![j]! - sum / size - (normal * product) / size);
    }
  }
  ofWeight!.set(weightSums);
  ofBias!.set(biasSums);
};
