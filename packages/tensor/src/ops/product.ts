import { elementCount } from "@ashlar/backend";
import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { frontAxes } from "./axes.ts";
import { pad } from "./copy.ts";
import { mul } from "./instructions.ts";
import { kept, type ReduceOptions } from "./reduce.ts";
import { permute, reshape, slice } from "./views.ts";

// The composition is a tree of pairwise products: its gradient is right where elements are 0, and so are gradients of that.
const fold = op<[x: Tensor], readonly number[], "reduce">("product", {
  compose: ([x], axes) => {
    const rest = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
    const shape = rest.map((axis) => x.shape[axis] as number);
    const still = shape.map(() => [0, 0] as const);
    let length = elementCount(axes.map((axis) => x.shape[axis] as number));
    let factors = reshape(permute(x, [...rest, ...axes]), [...shape, length]);
    if (length === 0) {
      factors = pad(factors, [...still, [0, 1]], 1);
      length = 1;
    }
    while (length > 1) {
      const half = Math.ceil(length / 2);
      const second = pad(slice(factors, -1, { start: half }), [...still, [0, 2 * half - length]], 1);
      factors = mul(slice(factors, -1, { end: half }), second);
      length = half;
    }
    return [reshape(factors, shape)];
  },
  kernel: {
    name: "reduce",
    call: ([x], axes) => ({
      settings: { kind: "product", axes },
      operands: [x],
      outputs: [{ shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype }],
    }),
  },
});

/** The product over some axes, all unless said. */
export function product(x: Tensor, axes?: number | readonly number[], { keepAxes = false }: ReduceOptions = {}): Tensor {
  const over = frontAxes("product", axes, x.rank);
  if (over.length === 0) return x;
  const result = fold([x], over)[0] as Tensor;
  return keepAxes ? reshape(result, kept(x.shape, over)) : result;
}
