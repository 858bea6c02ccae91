// What each mistake is told: where, what was expected, what came, what to do.
import { reference } from "@ashlar/backend";
import { expect, test } from "vitest";
import * as a from "./index.ts";

type Tensor = a.Tensor;

const device = reference();
const vector = a.tensor([1, 2, 3], { device });
const matrix = a.zeros([2, 3], { device });
const cube: Tensor = a.zeros([2, 3, 4], { device });
const ids = a.tensor([0, 1], { device, dtype: "int32" });
const bools = a.tensor([true, false], { device, dtype: "bool" });
const half = a.cast(vector, "float16");
const elsewhere = a.tensor([1, 2, 3], { device: reference() });
const { TensorError } = a;

/** The message of each mistake; anything but a TensorError stands out. */
function messages(mistakes: Readonly<Record<string, () => unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(mistakes).map(([what, run]) => {
      try {
        run();
        return [what, "NO ERROR"];
      } catch (error) {
        return [what, error instanceof TensorError ? error.message : `NOT A TensorError: ${String(error)}`];
      }
    }),
  );
}

test("making tensors", () => {
  expect(
    messages({
      "ragged rows": () => a.tensor([[1, 2], [3]], { device }),
      "a number for a row": () => a.tensor([[1, 2], 3] as never, { device }),
      "a row for a number": () => a.tensor([1, [2]] as never, { device }),
      "a fraction as int32": () => a.tensor([1.5], { device, dtype: "int32" }),
      "a large number as int32": () => a.full([2], 2 ** 31, { device, dtype: "int32" }),
      "two as a bool": () => a.tensor([2], { device, dtype: "bool" }),
      "a 16-bit type": () => a.tensor([1], { device, dtype: "float16" }),
      "a filled 16-bit type": () => a.ones([1], { device, dtype: "bfloat16" }),
      "too few data": () => a.fromData(new Float32Array(5), [2, 3], { device }),
      "data of unknown type": () => a.fromData(new Uint16Array(6), [2, 3], { device }),
      "a negative size": () => a.zeros([2, -1], { device }),
      "half a size": () => a.fromData(new Float32Array(3), [1.5, 2], { device }),
      "a range of fractions": () => a.range(0, 2.5, { device }),
      "one-hot of floats": () => a.oneHot(vector, 3),
    }),
  ).toMatchInlineSnapshot(`
    {
      "a 16-bit type": "tensor: expected float32, int32 or bool, got float16; make float32 and cast() it",
      "a filled 16-bit type": "full: expected float32, int32 or bool, got bfloat16; make float32 and cast() it",
      "a fraction as int32": "tensor: expected whole numbers of 32 bits for int32, got 1.5",
      "a large number as int32": "full: expected whole numbers of 32 bits for int32, got 2147483648",
      "a negative size": "full: expected whole numbers from 0, got [2, -1]",
      "a number for a row": "tensor: expected the same depth everywhere, got a number where an array of 2 belongs",
      "a range of fractions": "range: expected whole numbers, got 0 and 2.5",
      "a row for a number": "tensor: expected rows of numbers at depth 1, got one of 1",
      "data of unknown type": "fromData: 16-bit data may be float16 or bfloat16; say which with { dtype }",
      "half a size": "fromData: expected whole numbers from 0, got [1.5, 2]",
      "one-hot of floats": "oneHot: expected int32 ids, got Tensor float32 [3] on reference",
      "ragged rows": "tensor: expected rows of 2 at depth 1, got one of 1",
      "too few data": "fromData: expected 6 elements for [2, 3], got 5",
      "two as a bool": "tensor: expected true, false, 1 or 0 for bool, got 2",
    }
  `);
});

test("elementwise", () => {
  expect(
    messages({
      "shapes that don't broadcast": () => a.add(matrix, a.zeros([2], { device })),
      "only numbers": () => a.add(1 as never, 2),
      "two types": () => a.add(vector, a.tensor([1, 2, 3], { device, dtype: "int32" })),
      "a function of floats on integers": () => a.exp(ids),
      "a fraction beside integers": () => a.mul(ids, 0.5),
      "a number that float32 does not hold": () => a.add(ids, 2 ** 24 + 1),
      "a fraction in a formula of integers": () => a.elementwise("half", (x) => a.mul(x, 0.5))(ids),
      "arithmetic of bools": () => a.add(bools, bools),
      "logic of floats": () => a.logicalNot(vector),
      "a type for storage": () => a.add(half, 1),
      "a tensor in a formula": () => a.elementwise("mixed", (x) => a.add(x, vector as never) as never)(vector),
      "two devices": () => a.add(vector, elsewhere),
      "a condition that is no bool": () => a.where(vector as never, 1, 0),
    }),
  ).toMatchInlineSnapshot(`
    {
      "a condition that is no bool": "where: can't be applied to float32 and float32 and float32; convert with toFloat32, toInt32 or toBool",
      "a fraction beside integers": "mul: expected a whole number that float32 holds exactly beside int32 tensors, got 0.5; convert with toFloat32 first",
      "a fraction in a formula of integers": "elementwise: 0.5 does not fit an int32 tensor; convert it with toFloat32 first",
      "a function of floats on integers": "exp: can't be applied to int32; convert with toFloat32, toInt32 or toBool",
      "a number that float32 does not hold": "add: expected a whole number that float32 holds exactly beside int32 tensors, got 16777217; convert with toFloat32 first",
      "a tensor in a formula": "add: a tensor can't stand inside a formula; make it an argument of the formula",
      "a type for storage": "add: float16 is for storage; convert with cast(x, "float32") first",
      "arithmetic of bools": "add: can't be applied to bool and bool; convert with toFloat32, toInt32 or toBool",
      "logic of floats": "not: can't be applied to float32; convert with toFloat32, toInt32 or toBool",
      "only numbers": "add: expected at least one tensor, got only numbers",
      "shapes that don't broadcast": "add: expected shapes that broadcast, got [2, 3] and [2]: 3 and 2 at axis -1 differ and neither is 1",
      "two devices": "add: expected all tensors on one device (reference), got Tensor float32 [3] on reference of another; move it with fromData(await x.data(), x.shape, { device })",
      "two types": "add: can't be applied to float32 and int32; convert with toFloat32, toInt32 or toBool",
    }
  `);
});

test("axes, shapes and views", () => {
  expect(
    messages({
      "no such axis": () => a.sum(matrix, 2),
      "an axis of a scalar": () => a.softmax(a.tensor(1, { device })),
      "an axis twice": () => a.sum(matrix, [0, -2]),
      "another number of elements": () => a.reshape(matrix, [4, 2]),
      "two unknown sizes": () => a.reshape(matrix, [-1, -1]),
      "an axis left out": () => a.permute(matrix, [0]),
      "a squeezed axis": () => a.squeeze(matrix, 0),
      "what does not broadcast": () => a.broadcastTo(matrix, [3, 3]),
      "broadcasting to less": () => a.broadcastTo(matrix, [3]),
      "a slice outside": () => a.slice(vector, 0, { end: 4 }),
      "a slice turned round": () => a.slice(vector, 0, { start: 2, end: 1 }),
      "half a slice": () => a.slice(vector, 0, { start: 0.5 }),
      "a step back": () => a.slice(vector, 0, { step: -1 }),
      "parts that don't add up": () => a.split(vector, [1, 1]),
      "unequal parts": () => a.split(vector, 2),
      "concat of nothing": () => a.concat([]),
      "concat of others": () => a.concat([vector, ids], 0),
      "stack of nothing": () => a.stack([]),
      "stack of others": () => a.stack([vector, a.zeros([4], { device })]),
      "a pad too few": () => a.pad(matrix, [[1, 1]]),
      "half a pad": () => a.pad(vector, [[0.5, 0]]),
      "no square": () => a.diagonal(matrix),
      "half a repetition": () => a.repeat(vector, 1.5),
      "a tile too few": () => a.tile(matrix, [2]),
      "a negative tile": () => a.tile(vector, [-1]),
      "a triangle of a vector": () => a.triangular(vector, "lower"),
    }),
  ).toMatchInlineSnapshot(`
    {
      "a negative tile": "tile: expected whole numbers from 0, got [-1]",
      "a pad too few": "pad: expected [before, after] for each of 2 axes, got [[1,1]]",
      "a slice outside": "slice: expected a range within 0…3 on axis 0, got 0…4",
      "a slice turned round": "slice: expected a range within 0…3 on axis 0, got 2…1",
      "a squeezed axis": "squeeze: expected axis 0 to have size 1, got 2",
      "a step back": "slice: expected a step of at least 1, got -1; flip() turns an axis round",
      "a tile too few": "tile: expected a number for each of 2 axes, got [2]",
      "a triangle of a vector": "triangular: expected at least two axes, got [3]",
      "an axis left out": "permute: expected each of 2 axes once, got [0]",
      "an axis of a scalar": "softmax: expected a tensor with axes, got a scalar and the axis -1",
      "an axis twice": "sum: expected each axis once, got [0,-2]",
      "another number of elements": "reshape: expected a shape for 6 elements ([2, 3]), got [4, 2]",
      "broadcasting to less": "broadcastTo: [2, 3] does not broadcast to [3]",
      "concat of nothing": "concat: expected at least one tensor, got none",
      "concat of others": "concat: expected tensors like Tensor float32 [3] on reference but for axis 0, got Tensor int32 [2] on reference",
      "half a pad": "pad: expected [before, after] for each of 1 axes, got [[0.5,0]]",
      "half a repetition": "repeat: expected whole numbers from 0, got [1.5]",
      "half a slice": "slice: expected a range within 0…3 on axis 0, got 0.5…3",
      "no square": "diagonal: expected two axes of one size, got axes -2 and -1 of Tensor float32 [2, 3] on reference",
      "no such axis": "sum: expected an axis from -2 to 1, got 2",
      "parts that don't add up": "split: expected parts that add up to 3 on axis -1, got [1, 1]",
      "stack of nothing": "stack: expected at least one tensor, got none",
      "stack of others": "stack: expected tensors like Tensor float32 [3] on reference, got Tensor float32 [4] on reference",
      "two unknown sizes": "reshape: expected a shape for 6 elements ([2, 3]), got [-1, -1]",
      "unequal parts": "split: expected parts that add up to 3 on axis -1, got 2 equal parts",
      "what does not broadcast": "broadcastTo: expected shapes that broadcast, got [2, 3] and [3, 3]: 2 and 3 at axis -2 differ and neither is 1",
    }
  `);
});

test("products, sums and look-ups", () => {
  expect(
    messages({
      "inner sizes": () => a.matmul(matrix, matrix),
      "batches that don't broadcast": () => a.matmul(cube, a.zeros([3, 4, 2], { device })),
      "a scalar to multiply": () => a.matmul(a.tensor(2, { device }), matrix),
      "integers to multiply": () => a.matmul(ids, ids),
      "affine, the last axis": () => a.affine(vector, a.zeros([2, 4], { device }), null),
      "affine, the weight": () => a.affine(vector, vector, null),
      "affine, the bias": () => a.affine(vector, matrix, vector),
      "einsum without an arrow": () => a.einsum("ij,jk", matrix, matrix),
      "einsum of another number": () => a.einsum("ij->ji", matrix, matrix),
      "einsum with a wrong sign": () => a.einsum("i*->i", matrix),
      "einsum of another rank": () => a.einsum("ijk->k", matrix),
      "einsum, two sizes": () => a.einsum("ij,jk->ik", matrix, matrix),
      "einsum, a new letter": () => a.einsum("ij->ik", matrix),
      "einsum, a letter twice": () => a.einsum("ij->ii", matrix),
      "einsum, axes left out": () => a.einsum("...j->j", matrix),
      "gather of floats": () => a.gather(vector, vector),
      "gather of another shape": () => a.gather(matrix, ids),
      "scatterAdd of another shape": () => a.scatterAdd(vector, ids, 4),
      "take of floats": () => a.take(matrix, vector),
      "too many of the largest": () => a.topK(vector, 4),
      "a variance of integers": () => a.variance(ids),
    }),
  ).toMatchInlineSnapshot(`
    {
      "a scalar to multiply": "matmul: expected at least one axis each, got [] and [2, 3]; use mul",
      "a variance of integers": "variance: expected float32, got Tensor int32 [2] on reference; convert it with cast(x, "float32")",
      "affine, the bias": "affine: expected a bias [2] for weight [2, 3], got [3]",
      "affine, the last axis": "affine: expected x […, 4] for weight [2, 4], got [3]",
      "affine, the weight": "affine: expected a weight [output, input], got [3]",
      "batches that don't broadcast": "matmul: expected shapes that broadcast, got [2] and [3]: 2 and 3 at axis -1 differ and neither is 1",
      "einsum of another number": "einsum: "ij->ji": it names 1 operands, and 2 are given",
      "einsum of another rank": "einsum: "ijk->k": operand 0 has 2 axes, "ijk" names 3",
      "einsum with a wrong sign": "einsum: "i*->i": expected letters and at most one ... in "i*", got "*"",
      "einsum without an arrow": "einsum: "ij,jk": expected operands, an arrow and a result, such as ij,jk->ik",
      "einsum, a letter twice": "einsum: "ij->ii": the result names an axis twice",
      "einsum, a new letter": "einsum: "ij->ik": the result's "k" is in no operand",
      "einsum, axes left out": "einsum: "...j->j": operands have axes under ... that the result leaves out; write ... there too",
      "einsum, two sizes": "einsum: "ij,jk->ik": axis j is 3 and then 2, in operand 1 [2, 3]",
      "gather of another shape": "gather: expected int32 indices like [2, 3] but for axis -1, got Tensor int32 [2] on reference",
      "gather of floats": "gather: expected int32 indices like [3] but for axis -1, got Tensor float32 [3] on reference",
      "inner sizes": "matmul: expected inner sizes that agree, got [2, 3] · [2, 3]: 3 and 2; transpose one?",
      "integers to multiply": "matmul: expected float32, got Tensor int32 [2] on reference; convert it with cast(x, "float32")",
      "scatterAdd of another shape": "scatterAdd: expected int32 indices [3] like the source, got Tensor int32 [2] on reference",
      "take of floats": "take: expected int32 indices, got Tensor float32 [3] on reference",
      "too many of the largest": "topK: expected k from 1 to 3, got 4",
    }
  `);
});

test("networks", () => {
  const targets = a.tensor([0, 1], { device, dtype: "int32" });
  expect(
    messages({
      "softmax of integers": () => a.softmax(ids),
      "a weight of another size": () => a.layerNorm(matrix, a.zeros([2], { device }), null),
      "a bias of another type": () => a.layerNorm(matrix, null, a.zeros([3], { device, dtype: "int32" })),
      "rmsNorm, a weight of two axes": () => a.rmsNorm(matrix, matrix),
      "a rate of one": () => a.dropout(vector, 1, a.random(0)),
      "targets of another shape": () => a.crossEntropy(cube, targets),
      "targets of another type": () => a.crossEntropy(matrix, vector),
      "weights of another shape": () => a.crossEntropy(matrix, targets, { weights: vector }),
      "class weights of another shape": () => a.crossEntropy(matrix, targets, { classWeights: a.zeros([2], { device }) }),
      "too much smoothing": () => a.crossEntropy(matrix, targets, { labelSmoothing: 1.5 }),
      "probabilities to ignore": () => a.crossEntropy(matrix, matrix, { ignore: 0 }),
      "a seed with a fraction": () => a.random(0.5),
      "a state of three": () => a.random([1, 2, 3] as never),
      "a probability above one": () => a.bernoulli(a.random(0), [2], 1.5, { device }),
      "no whole number": () => a.randomIntegers(a.random(0), [2], { device, low: 3, high: 3 }),
      "whole numbers of more than 32 bits": () => a.randomIntegers(a.random(0), [2], { device, high: 2 ** 32 }),
      "an op of nothing": () => a.op<[null], object>("nothing", { compose: () => [] })([null], {}),
    }),
  ).toMatchInlineSnapshot(`
    {
      "a bias of another type": "layerNorm: expected bias float32 [3] for x [2, 3], got Tensor int32 [3] on reference",
      "a probability above one": "bernoulli: expected a probability from 0 to 1, got 1.5",
      "a rate of one": "dropout: expected a rate in [0, 1), got 1",
      "a seed with a fraction": "random: expected a whole number as the seed, or a state of two unsigned 32-bit words, got 0.5",
      "a state of three": "random: expected a whole number as the seed, or a state of two unsigned 32-bit words, got [1,2,3]",
      "a weight of another size": "layerNorm: expected weight float32 [3] for x [2, 3], got Tensor float32 [2] on reference",
      "an op of nothing": "nothing: expected at least one tensor",
      "class weights of another shape": "crossEntropy: expected float32 classWeights [3] for logits [2, 3], got Tensor float32 [2] on reference",
      "no whole number": "randomIntegers: expected whole numbers low < high of 32 bits, got 3 and 3",
      "probabilities to ignore": "crossEntropy: ignore needs int32 targets; give probabilities { weights } instead",
      "rmsNorm, a weight of two axes": "rmsNorm: expected weight float32 [3] for x [2, 3], got Tensor float32 [2, 3] on reference",
      "softmax of integers": "softmax: expected float32, got Tensor int32 [2] on reference; convert it with cast(x, "float32")",
      "targets of another shape": "crossEntropy: expected int32 targets [2, 3] or float32 [2, 3, 4] for logits [2, 3, 4], got Tensor int32 [2] on reference",
      "targets of another type": "crossEntropy: expected int32 targets [2] or float32 [2, 3] for logits [2, 3], got Tensor float32 [3] on reference",
      "too much smoothing": "crossEntropy: expected labelSmoothing from 0 to 1, got 1.5",
      "weights of another shape": "crossEntropy: expected float32 weights [2] for logits [2, 3], got Tensor float32 [3] on reference",
      "whole numbers of more than 32 bits": "randomIntegers: expected whole numbers low < high of 32 bits, got 0 and 4294967296",
    }
  `);
});

test("reading", async () => {
  await expect(vector.item()).rejects.toThrowErrorMatchingInlineSnapshot(`[TensorError: item: expected one element, got the shape [3]; use data()]`);
  expect(() =>
    a.launch({ ...device, kernels: { ...device.kernels, softmax: undefined as never } }, "softmax", { settings: { log: false }, operands: [], outputs: [] }),
  ).toThrowErrorMatchingInlineSnapshot(`[DeviceError: softmax: the device reference has no such kernel, and its op no composition]`);
});
