import { elementCount } from "../../contract/operand.ts";
import type { Body } from "../body.ts";
import { expectIndex } from "./expectIndex.ts";

// For every element of the source in order, at [outer, i, inner] with i along the axis:
//   output[outer, indices[outer, i, inner], inner] += source[outer, i, inner]
// The output begins as zeros, or as a third operand.

export const scatterAdd: Body<"scatterAdd"> = ({ settings: { axis, size }, operands }, [source, indices, onto], [output]) => {
  const { shape } = operands[0]!;
  const count = shape[axis]!;
  const inner = elementCount(shape.slice(axis + 1));
  const sums = onto ? Float64Array.from(onto) : new Float64Array(output!.length);
  for (let i = 0; i < source!.length; i++) {
    const outer = Math.floor(i / (count * inner));
    const index = expectIndex("scatterAdd", indices![i]!, size, i, shape);
    const at = (outer * size + index) * inner + (i % inner);
    sums[at] = sums[at]! + source![i]!;
  }
  output!.set(sums);
};
