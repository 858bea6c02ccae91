// Read by the compiler alone: each line under an expectation is an error.
import type { Device } from "@ashlar/backend";
import { add, elementwise, gelu, mapTree, mul, reshape, softmax, sub, sum, type Tensor, tensor, valueAndGrad, where, zeros } from "./index.ts";

declare const device: Device;
declare const anyRank: Tensor;

const x = zeros([2, 3, 8], { device });
const { batch, dim } = x.dims("batch time dim", { dim: 8 });
export const product: number = batch * dim;

// @ts-expect-error: two names for three axes
x.dims("batch time");
// @ts-expect-error: four names for three axes
x.dims("batch time head dim");
// @ts-expect-error: a size that was not named
x.dims("batch time dim").width;
// @ts-expect-error: a known size of no axis
x.dims("batch time dim", { widht: 8 });

anyRank.dims("batch time");
const matrix = anyRank.ranked(2);
// @ts-expect-error: three names for two axes
matrix.dims("a b c");

// ranks follow from what a tensor is made of
export const three: Tensor<3> = x;
export const two: Tensor<2> = tensor([[1, 2, 3]], { device });
export const none: Tensor<0> = tensor(1, { device });
export const flat: Tensor<1> = reshape(x, [-1]);
export const wide: Tensor = x;
// @ts-expect-error: a matrix is no vector
export const vector: Tensor<1> = tensor([[1], [2]], { device });
// @ts-expect-error: unknown axes are not two axes
export const guessed: Tensor<2> = anyRank;

// elementwise ops keep a rank; of two, the result has one
export const sums: Tensor<3> = add(gelu(x), softmax(x));
export const either: Tensor<2 | 3> = add(x, matrix);
export const scaled: Tensor<2> = sub(matrix, mul(0.5, matrix));
// @ts-expect-error: nothing made of a matrix has four axes
add(matrix, 1).dims("a b c d");

/** A layer that wants three axes. */
declare function layer(input: Tensor<3>): Tensor<3>;
layer(x);
// @ts-expect-error: a matrix where batch, time and dim belong
layer(matrix);

// a gradient has the form of the parameters
const { gradients, extra } = valueAndGrad({ weight: x, deep: [{ bias: null, norm: x }] }, ({ weight }) => [sum(weight), "extra"]);
export const gradient: Tensor = gradients.weight;
export const absent: null = gradients.deep[0]!.bias;
export const text: string = extra;
// @ts-expect-error: a misspelt parameter
gradients.wieght;
// @ts-expect-error: a misspelt parameter inside the function
valueAndGrad({ weight: x }, ({ wieght }) => sum(wieght));
// @ts-expect-error: no scalar, not even a tensor
valueAndGrad({ weight: x }, () => 3);
export const shapes: { weight: readonly number[] } = mapTree({ weight: x }, ({ shape }) => shape);

// formulas and tensors don't mix, and arguments are counted
const twice = elementwise("twice", (value) => add(value, value));
export const doubled: Tensor = twice(x);
// @ts-expect-error: one argument too many
gelu(x, x);
// @ts-expect-error: one too few
where(x, x);
