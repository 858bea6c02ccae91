import { hostArray } from "../../contract/dtype.ts";
import { elementCount } from "../../contract/operand.ts";
import type { Body } from "../body.ts";
import { expectIndex } from "./expectIndex.ts";
import { widened } from "./widened.ts";

// For every element of the output, at [outer, i, inner] with i along the axis:
//   output[outer, i, inner] = x[outer, indices[outer, i, inner], inner], of 16-bit floats the float32 numbers that they stand for

export const gather: Body<"gather"> = ({ settings: { axis }, operands }, [x, indices], [output]) => {
  const { shape } = operands[1]!;
  const { dtype, shape: from } = operands[0]!;
  const picked = hostArray(dtype, output!.length);
  const size = from[axis]!;
  const count = shape[axis]!;
  const inner = elementCount(shape.slice(axis + 1));
  for (let i = 0; i < picked.length; i++) {
    const outer = Math.floor(i / (count * inner));
    const index = expectIndex("gather", indices![i]!, size, i, shape);
    picked[i] = x![(outer * size + index) * inner + (i % inner)]!;
  }
  output!.set(widened(picked, dtype));
};
