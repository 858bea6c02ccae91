import type { KernelCall } from "../contract/device.ts";
import type { AttentionSettings, FusedKernel } from "../contract/kernels.ts";
import { expectAxis, expectCounts, expectOperand, expectOutput, expectSizes, fail, show } from "./checks.ts";
import { programType } from "./programType.ts";

/** What each fused kernel demands of a call. Optional, because a kernel that joins by declaration merging has no rules here. */
export const fused: { readonly [Name in FusedKernel]?: (call: KernelCall<Name>) => void } = {
  quantizedMatmul(call) {
    const { bits, epilogue } = call.settings;
    expectCounts(call, 2 + (epilogue?.operands ?? 1), epilogue?.scalars ?? 0, 1);
    if (bits !== 8 && bits !== 4) fail(call, `bits must be 8 or 4, got ${bits}`);
    const { shape: x } = expectOperand(call, 0, "x", undefined, "float32");
    const { shape: codes } = expectOperand(call, 1, "the codes", undefined, "int32");
    const { shape: scales } = expectOperand(call, 2, "the scales", undefined, "float32");
    if (x.length !== 2 || codes.length !== 2 || scales.length !== 2 || codes[0] !== scales[0])
      fail(call, `expected x [m, k], codes [n, k · bits / 32] and scales [n, groups], got ${show(x)}, ${show(codes)} and ${show(scales)}`);
    const [m, k, n, groups] = [x[0]!, x[1]!, codes[0]!, scales[1]!];
    expectOperand(call, 1, "the codes", [n, (k * bits) / 32], "int32");
    if (k > 0 && (groups === 0 || k % groups !== 0 || (k / groups) % 32 !== 0))
      fail(call, `${groups} groups of k (${k}) must be equal, and each a multiple of 32 long`);
    for (let index = 3; index < call.operands.length; index++) expectOperand(call, index, "an epilogue's array", [m, n], "float32", "int32", "bool");
    const types = ["float32" as const, ...call.operands.slice(3).map(({ dtype }) => dtype)];
    expectOutput(call, 0, "the product", [m, n], epilogue ? programType(epilogue, types, "quantizedMatmul epilogue") : "float32");
  },

  softmax(call) {
    expectCounts(call, 1, 0, 1);
    expectOutput(call, 0, "the result", rows(call, 0).shape, "float32");
  },

  layerNorm(call) {
    expectCounts(call, 3, 1, 3);
    const { shape, outer, size } = rows(call, 0);
    expectOperand(call, 1, "the weight", [size], "float32");
    expectOperand(call, 2, "the bias", [size], "float32");
    expectOutput(call, 0, "the result", shape, "float32");
    expectOutput(call, 1, "the mean", outer, "float32");
    expectOutput(call, 2, "the reciprocal deviation", outer, "float32");
  },

  layerNormGradient(call) {
    expectCounts(call, 5, 0, 3);
    const { shape, outer, size } = rows(call, 1);
    expectOperand(call, 0, "the cotangent", shape, "float32");
    expectOperand(call, 2, "the weight", [size], "float32");
    expectOperand(call, 3, "the mean", outer, "float32");
    expectOperand(call, 4, "the reciprocal deviation", outer, "float32");
    expectOutput(call, 0, "the gradient of x", shape, "float32");
    expectOutput(call, 1, "the gradient of the weight", [size], "float32");
    expectOutput(call, 2, "the gradient of the bias", [size], "float32");
  },

  rmsNorm(call) {
    expectCounts(call, 2, 1, 2);
    const { shape, outer, size } = rows(call, 0);
    expectOperand(call, 1, "the weight", [size], "float32");
    expectOutput(call, 0, "the result", shape, "float32");
    expectOutput(call, 1, "the reciprocal root", outer, "float32");
  },

  rmsNormGradient(call) {
    expectCounts(call, 4, 0, 2);
    const { shape, outer, size } = rows(call, 1);
    expectOperand(call, 0, "the cotangent", shape, "float32");
    expectOperand(call, 2, "the weight", [size], "float32");
    expectOperand(call, 3, "the reciprocal root", outer, "float32");
    expectOutput(call, 0, "the gradient of x", shape, "float32");
    expectOutput(call, 1, "the gradient of the weight", [size], "float32");
  },

  crossEntropy(call) {
    expectCounts(call, 2, 2, 2);
    const { outer } = matrix(call, 0);
    expectOperand(call, 1, "the targets", outer, "int32");
    expectOutput(call, 0, "the loss", outer, "float32");
    expectOutput(call, 1, "the log-sum-exp", outer, "float32");
  },

  crossEntropyGradient(call) {
    expectCounts(call, 4, 2, 1);
    const { shape, outer } = matrix(call, 1);
    expectOperand(call, 0, "the cotangent", outer, "float32");
    expectOperand(call, 2, "the targets", outer, "int32");
    expectOperand(call, 3, "the log-sum-exp", outer, "float32");
    expectOutput(call, 0, "the gradient of the logits", shape, "float32");
  },

  attention(call) {
    const { operands, scalars } = attentionCounts(call.settings);
    expectCounts(call, operands, scalars, 2);
    const { context, logSumExp } = attentionShapes(call, call.settings, 0);
    expectOutput(call, 0, "the context", context, "float32");
    expectOutput(call, 1, "the log-sum-exp", logSumExp, "float32");
  },

  attentionGradient(call) {
    const { bias, pairs, ofPairs } = call.settings;
    const { operands, scalars } = attentionCounts(call.settings);
    if (ofPairs && !pairs) fail(call, "the gradient of pairs is asked for (ofPairs), but there are none");
    expectCounts(call, 3 + operands, scalars, 3 + Number(Boolean(bias)) + Number(Boolean(ofPairs)));
    const { context, logSumExp } = attentionShapes(call, call.settings, 3);
    expectOperand(call, 0, "the cotangent", context, "float32");
    expectOperand(call, 1, "the context", context, "float32");
    expectOperand(call, 2, "the log-sum-exp", logSumExp, "float32");
    for (const [output, name] of ["query", "key", "value"].entries()) {
      expectOutput(call, output, `the gradient of the ${name}`, call.operands[3 + output]!.shape, "float32");
    }
    if (bias) expectOutput(call, 3, "the gradient of the bias", call.operands[8]!.shape, "float32");
    if (ofPairs) expectOutput(call, call.outputs.length - 1, "the gradient of the pairs", call.operands.at(-1)!.shape, "float32");
  },

  rotary(call) {
    expectCounts(call, 3, 0, 1);
    const x = expectOperand(call, 0, "x", undefined, "float32").shape;
    const cos = expectOperand(call, 1, "the cosines", undefined, "float32").shape;
    if (x.length !== 4) fail(call, `x must be [batch, time, heads, dim], got ${show(x)}`);
    if (cos.length !== 3 || (cos[0] !== 1 && cos[0] !== x[0]) || cos[1] !== x[1] || 2 * cos[2]! > x[3]!) {
      fail(call, `the cosines must be [1 or ${x[0]}, ${x[1]}, at most ${x[3]! >> 1}], got ${show(cos)}`);
    }
    expectOperand(call, 2, "the sines", cos, "float32");
    expectOutput(call, 0, "the result", x, "float32");
  },

  write(call) {
    expectCounts(call, 2, 1, 1);
    const { axis } = call.settings;
    const { shape, dtype } = call.operands[0]!;
    const [start] = call.scalars as [number];
    expectAxis(call, axis, shape);
    const count = call.operands[1]!.shape[axis];
    expectOperand(call, 1, "the source", shape.with(axis, count ?? 0), dtype);
    if (!(Number.isInteger(start) && start >= 0 && start + count! <= shape[axis]!))
      fail(call, `a source of ${count} along axis ${axis}, written at ${start}, does not lie inside ${show(shape)}`);
    expectOutput(call, 0, "the result", shape, dtype);
  },

  adamW(call) {
    expectCounts(call, 4, 7, 3);
    const { shape } = expectOperand(call, 0, "the parameter", undefined, "float32");
    for (const [index, name] of ["the gradient", "the first moment", "the second moment"].entries()) expectOperand(call, index + 1, name, shape, "float32");
    for (const [index, name] of ["the parameter", "the first moment", "the second moment"].entries()) expectOutput(call, index, name, shape, "float32");
  },

  random(call) {
    expectCounts(call, 0, 2, 1);
    for (const word of call.scalars) if (word !== word >>> 0) fail(call, `a key is two unsigned 32-bit words, got ${word}`);
    expectOutput(call, 0, "the result", call.outputs[0]!.shape, "float32");
  },

  cumulativeSum(call) {
    expectCounts(call, 1, 0, 1);
    const { shape, dtype } = expectOperand(call, 0, "x", undefined, "float32", "int32");
    if (shape.length === 0) fail(call, "x needs a last axis, got a single number");
    expectOutput(call, 0, "the result", shape, dtype);
  },

  topK(call) {
    expectCounts(call, 1, 0, 2);
    const { shape, dtype } = expectOperand(call, 0, "x", undefined, "float32", "int32");
    const { k } = call.settings;
    if (shape.length === 0) fail(call, "x needs a last axis, got a single number");
    if (!Number.isInteger(k) || k < 0 || k > shape.at(-1)!)
      fail(call, `k (${k}) must be an integer from 0 to ${shape.at(-1)}, the last size of ${show(shape)}`);
    expectOutput(call, 0, "the values", shape.with(-1, k), dtype);
    expectOutput(call, 1, "the indices", shape.with(-1, k), "int32");
  },
};

function rows(call: KernelCall, index: number): { shape: readonly number[]; outer: readonly number[]; size: number } {
  const { shape } = expectOperand(call, index, "x", undefined, "float32");
  const size = shape.at(-1);
  if (!size) fail(call, `x needs a last axis of at least one element, got ${show(shape)}`);
  return { shape, outer: shape.slice(0, -1), size };
}

function matrix(call: KernelCall, index: number): { shape: readonly number[]; outer: readonly number[] } {
  const { shape, outer } = rows(call, index);
  if (shape.length !== 2) fail(call, `the logits must be [rows, classes], got ${show(shape)}`);
  return { shape, outer };
}

function attentionCounts({ bias, pairs, dropout }: AttentionSettings): { operands: number; scalars: number } {
  return { operands: 5 + Number(Boolean(bias)) + Number(Boolean(pairs)), scalars: dropout ? 5 : 2 };
}

function attentionShapes(call: KernelCall, settings: AttentionSettings, first: number): { context: readonly number[]; logSumExp: readonly number[] } {
  const at = (index: number, name: string, rank: number, type: "float32" | "int32"): readonly number[] => {
    const { shape } = expectOperand(call, first + index, name, undefined, type);
    if (shape.length !== rank) fail(call, `${name} must have ${rank} axes, got ${show(shape)}`);
    return shape;
  };
  const [batch, queries, heads, dim] = at(0, "the query", 4, "float32") as [number, number, number, number];
  const [, keys, kvHeads] = at(1, "the key", 4, "float32") as [number, number, number, number];
  const valueDim = at(2, "the value", 4, "float32")[3]!;
  expectOperand(call, first + 1, "the key", [batch, keys, kvHeads, dim], "float32");
  expectOperand(call, first + 2, "the value", [batch, keys, kvHeads, valueDim], "float32");
  if (!Number.isInteger(call.scalars[1])) fail(call, `the queryOffset (scalar 1) must be a whole number, got ${call.scalars[1]}`);
  if (heads > 0 && (kvHeads === 0 || heads % kvHeads !== 0)) fail(call, `heads (${heads}) must be a multiple of kvHeads (${kvHeads})`);

  const { blockQueries, blockKeys, bias, pairs, dropout } = settings;
  expectSizes(call, "a tile", [blockQueries, blockKeys]);
  if (blockQueries === 0 || blockKeys === 0 || blockKeys % 32 !== 0)
    fail(call, `tiles need queries, and keys in multiples of 32; got ${blockQueries} × ${blockKeys}`);
  const blocks = at(3, "the blocks", 3, "int32");
  if (blocks[0] !== 1 && blocks[0] !== batch) fail(call, `the blocks must be for 1 or ${batch} rows, got ${blocks[0]}`);
  expectOperand(call, first + 3, "the blocks", [blocks[0]!, Math.ceil(queries / blockQueries), Math.ceil(keys / blockKeys)], "int32");
  const tiles = at(4, "the tiles", 3, "int32");
  expectOperand(call, first + 4, "the tiles", [tiles[0]!, blockQueries, blockKeys / 32], "int32");
  if (bias) {
    const table = at(5, "the bias", 2, "float32");
    if ((table[0] !== 1 && table[0] !== heads) || table[1] === 0) fail(call, `the bias must be [1 or ${heads}, distances], got ${show(table)}`);
  }
  if (pairs) {
    const shape = at(bias ? 6 : 5, "the pairs", 4, "float32");
    const fits = (axis: number, size: number): boolean => shape[axis] === 1 || shape[axis] === size;
    if (!fits(0, batch) || !fits(1, heads) || shape[2] !== queries || shape[3] !== keys)
      fail(call, `the pairs must be [1 or ${batch}, 1 or ${heads}, ${queries}, ${keys}], got ${show(shape)}`);
  }
  if (dropout) {
    const [rate, ...words] = call.scalars.slice(2) as [number, ...number[]];
    if (!(rate >= 0 && rate < 1)) fail(call, `the rate of dropout (scalar 2) must be in [0, 1), got ${rate}`);
    for (const word of words) if (word !== word >>> 0) fail(call, `the key of dropout is two unsigned 32-bit words, got ${word}`);
  }
  return { context: [batch, queries, heads, valueDim], logSumExp: [batch, heads, queries] };
}
