import type { Body } from "../body.ts";

// For every row of the last axis:
//   output[j] = x[0] + … + x[j]

export const cumulativeSum: Body<"cumulativeSum"> = ({ operands }, [x], [output]) => {
  const size = operands[0]!.shape.at(-1)!;
  let sum = 0;
  for (let i = 0; i < x!.length; i++) {
    sum = i % size === 0 ? x![i]! : sum + x![i]!;
    output![i] = sum;
  }
};
