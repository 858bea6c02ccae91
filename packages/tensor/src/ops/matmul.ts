import { elementCount } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { launch } from "../core/launch.ts";
import { record } from "../core/tape.ts";
import type { Tensor } from "../core/tensor.ts";
import { broadcastShapes, repeated } from "./broadcast.ts";
import { expectFloat32, expectFloats } from "./check.ts";
import { sumTo } from "./sum-to.ts";
import { expandDims, reshape, squeeze, transpose } from "./views.ts";

/**
 * The matrix product `[…, m, k] · […, k, n] → […, m, n]`, float32; axes before the last two broadcast, and a vector stands for a row on the
 * left or a column on the right, as in NumPy. Transposed views cost nothing extra. The right side may be kept in float16 or bfloat16: it is read
 * as it lies, in half the bytes, and no gradient goes to it.
 *
 * @throws TensorError when the inner sizes differ, or an operand is of another type.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  expectFloat32("matmul", a);
  expectFloats("matmul", b);
  if (a.rank === 0 || b.rank === 0)
    throw new TensorError(`matmul: expected at least one axis each, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]; use mul`);
  if (a.rank === 1) return squeeze(matmul(expandDims(a, 0), b), b.rank === 1 ? -1 : -2);
  if (b.rank === 1) return squeeze(matmul(a, expandDims(b, 1)), -1);
  const [k, inner] = [a.shape.at(-1), b.shape.at(-2)];
  if (k !== inner)
    throw new TensorError(`matmul: expected inner sizes that agree, got [${a.shape.join(", ")}] · [${b.shape.join(", ")}]: ${k} and ${inner}; transpose one?`);
  // one matrix for all of a's leading axes: they are more rows of the same product
  if (b.rank === 2 && a.rank > 2)
    return reshape(matmul(reshape(a, [elementCount(a.shape.slice(0, -1)), k as number]), b), [...a.shape.slice(0, -1), b.shape[1] as number]);
  return product(a, b);
}

/** The gradient of b, which lies in memory as b does: a weight `[output, input]` that was transposed for the product gets one in its own order. */
function ofRight(g: Tensor, a: Tensor, { strides }: Tensor): Tensor {
  return strides.at(-2) === 1 && strides.at(-1) !== 1 ? transpose(matmul(transpose(g), a)) : matmul(transpose(a), g);
}

function product(a: Tensor, b: Tensor): Tensor {
  const batch = broadcastShapes("matmul", [{ shape: a.shape.slice(0, -2) }, { shape: b.shape.slice(0, -2) }]);
  const [m, n] = [a.shape.at(-2) as number, b.shape.at(-1) as number];
  const operands = [a, b].map((x) => repeated(x, [...batch, ...x.shape.slice(-2)]));
  const output = launch(a.device, "matmul", { settings: {}, operands, outputs: [{ shape: [...batch, m, n], dtype: "float32" }] })[0] as Tensor;
  record({
    inputs: [a, b],
    outputs: [output],
    pull: ([g], [left, right]) => [g && left ? sumTo(matmul(g, transpose(b)), a.shape) : null, g && right ? sumTo(ofRight(g, a, b), b.shape) : null],
    outputsUnread: true,
  });
  return output;
}
