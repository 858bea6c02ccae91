import type { Body } from "../body.ts";
import { logSumExp } from "./logSumExp.ts";

// For every row of the last axis, with L = log Σⱼ exp(x[j]) taken around the largest element:
//   output[j] = exp(x[j] − L)        or with `log`: x[j] − L

export const softmax: Body<"softmax"> = ({ settings: { log }, operands }, [x], [output]) => {
  const size = operands[0]!.shape.at(-1)!;
  for (let start = 0; start < x!.length; start += size) {
    const sum = logSumExp(x!, start, start + size);
    for (let j = start; j < start + size; j++) output![j] = log ? x![j]! - sum : Math.exp(x![j]! - sum);
  }
};
