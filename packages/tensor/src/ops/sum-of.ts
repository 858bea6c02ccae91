import type { Program } from "@ashlar/backend";
import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { type Elementwise, elementwise } from "../program/elementwise.ts";
import { Expression, toProgram } from "../program/expression.ts";
import { frontAxes } from "./axes.ts";
import { broadcastShapes, repeated } from "./broadcast.ts";
import { kept, type ReduceOptions, sum } from "./reduce.ts";
import { reshape } from "./views.ts";

/** Sums a formula of tensors over some axes, all unless said. */
export type SumOf = (inputs: readonly Tensor[], axes?: number | readonly number[], options?: ReduceOptions) => Tensor;

/**
 * Makes a sum of a formula that runs in one pass and holds nothing in between: a dot product, a sum of squares. The inputs are float32 and
 * broadcast; the gradient is that of the formula and the sum one after the other.
 *
 * @example
 * ```ts
 * import { mul, sumOf } from "@ashlar/tensor";
 * const sumOfSquares = sumOf("sumOfSquares", 1, (x) => mul(x, x));
 * ```
 */
export function sumOf(name: string, count: number, formula: (...inputs: Expression[]) => Expression): SumOf {
  const operands = Array.from({ length: count }, (_, index) => Expression.operand(index, "float32"));
  const program: Program = toProgram(formula(...operands), count, 0);
  const each = elementwise(name, formula) as Elementwise<Expression[]>;
  const fold = op<Tensor[], readonly number[], "reduce">(name, {
    compose: (inputs, axes) => [sum(each(...inputs), axes)],
    kernel: {
      name: "reduce",
      call: (inputs, axes) => {
        const shape = broadcastShapes(name, inputs);
        const outputs = [{ shape: shape.filter((_, axis) => !axes.includes(axis)), dtype: "float32" as const }];
        return { settings: { kind: "sum", axes, program }, operands: inputs.map((input) => repeated(input, shape)), outputs };
      },
    },
  });
  return (inputs, axes, { keepAxes = false } = {}) => {
    const shape = broadcastShapes(name, inputs);
    const over = frontAxes(name, axes, shape.length);
    const total = fold([...inputs], over)[0] as Tensor;
    return keepAxes ? reshape(total, kept(shape, over)) : total;
  };
}
