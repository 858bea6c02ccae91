import { elementCount } from "../../contract/operand.ts";
import type { Body } from "../body.ts";
import { expectIndex } from "./expectIndex.ts";

// For every element of the output, at [outer, i, inner] with i along the axis:
//   output[outer, i, inner] = x[outer, indices[outer, i, inner], inner]

export const gather: Body<"gather"> = ({ settings: { axis }, operands }, [x, indices], [output]) => {
  const { shape } = operands[1]!;
  const size = operands[0]!.shape[axis]!;
  const count = shape[axis]!;
  const inner = elementCount(shape.slice(axis + 1));
  for (let i = 0; i < output!.length; i++) {
    const outer = Math.floor(i / (count * inner));
    const index = expectIndex("gather", indices![i]!, size, i, shape);
    output![i] = x![(outer * size + index) * inner + (i % inner)]!;
  }
};
