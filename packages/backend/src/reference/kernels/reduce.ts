import type { ComputeType, HostArray } from "../../contract/dtype.ts";
import { hostArray } from "../../contract/dtype.ts";
import type { ReduceKind } from "../../contract/kernels.ts";
import { contiguousStrides, elementCount } from "../../contract/operand.ts";
import { dense } from "../../strided/dense.ts";
import { programType } from "../../validate/programType.ts";
import type { Body } from "../body.ts";
import { runProgram } from "./program.ts";

// With the folded axes moved last, for every row of the others:
//   output[row] = x[row, 0] ∘ x[row, 1] ∘ …
// where x is the operand, or what the program makes of the operands. Sums and products run in float64.

export const reduce: Body<"reduce"> = ({ settings: { kind, axes, program }, operands, scalars }, inputs, [output]) => {
  const { shape } = operands[0]!;
  const types = operands.map(({ dtype }) => dtype as ComputeType);
  let values = inputs[0]!;
  let type = types[0]!;
  if (program) {
    type = programType(program, types);
    values = hostArray(type, elementCount(shape));
    runProgram(program, inputs, types, scalars, values);
  }

  const order = [...shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)));
  const strides = contiguousStrides(shape);
  const moved = dense(values, { shape: order.map((axis) => shape[axis]!), strides: order.map((axis) => strides[axis]!), offset: 0 });
  const size = elementCount(axes.map((axis) => shape[axis]!));
  const fold = folds[kind];
  for (let row = 0; row < output!.length; row++) output![row] = fold(moved, row * size, (row + 1) * size, type);
};

/** Folds the elements from `start` to `end`. */
type Fold = (values: HostArray, start: number, end: number, type: ComputeType) => number;

const folds: Readonly<Record<ReduceKind, Fold>> = {
  sum(values, start, end) {
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]!;
    return sum;
  },
  product(values, start, end, type) {
    let product = 1;
    // A product of 32-bit integers wraps, and would lose its low bits in float64.
    for (let i = start; i < end; i++) product = type === "float32" ? product * values[i]! : Math.imul(product, values[i]!);
    return product;
  },
  maximum(values, start, end, type) {
    if (start === end) return type === "float32" ? Number.NEGATIVE_INFINITY : -(2 ** 31);
    return values[first(values, start, end, (a, b) => a > b)]!;
  },
  minimum(values, start, end, type) {
    if (start === end) return type === "float32" ? Number.POSITIVE_INFINITY : 2 ** 31 - 1;
    return values[first(values, start, end, (a, b) => a < b)]!;
  },
  argmax(values, start, end) {
    return first(values, start, end, (a, b) => a > b) - start;
  },
  argmin(values, start, end) {
    return first(values, start, end, (a, b) => a < b) - start;
  },
};

/** The place of the first element that no other beats; the first NaN where there is one. */
function first(values: HostArray, start: number, end: number, beats: (a: number, b: number) => boolean): number {
  let best = start;
  for (let i = start; i < end; i++) {
    if (Number.isNaN(values[i]!)) return i;
    if (beats(values[i]!, values[best]!)) best = i;
  }
  return best;
}
