export { TensorError } from "./core/errors.ts";
export { Tensor } from "./core/tensor.ts";
export type { Storage } from "./core/storage.ts";
export type { AxisList, AxisNames, Dims } from "./core/dims.ts";
export { leaves, type Mapped, mapTree, paths, type Tree, tensors, zipTrees } from "./core/tree.ts";
export { adopt, type Keeper, keeper, scoped, through } from "./core/scope.ts";
export { type Replay, type Replayable, replayable } from "./core/replay.ts";
export { type Launch, launch } from "./core/launch.ts";
export { place, type PlacedTensor } from "./core/place.ts";
export { type FusedCall, op, type OpDefinition, type Pullback } from "./core/op.ts";
export { checkpointed, grad, type ValueAndGradient, valueAndGrad } from "./core/grad.ts";
export { Expression } from "./program/expression.ts";
export { type Binary, type Elementwise, type ElementwiseOptions, elementwise, type Ternary, type Unary } from "./program/elementwise.ts";
export { type DataPlacement, type DepthOf, fromData, full, type Nested, ones, type Placement, range, tensor, zeros, zerosLike } from "./ops/create.ts";
export {
  abs,
  add,
  ceil,
  cos,
  div,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  mul,
  neg,
  notEqual,
  pow,
  remainder,
  round,
  sign,
  sin,
  sqrt,
  sub,
  tanh,
  toBool,
  toFloat32,
  toInt32,
  where,
} from "./ops/instructions.ts";
export { gelu, geluTanh, reciprocal, relu, rsqrt, sigmoid, silu, softplus, square } from "./ops/activations.ts";
export { clamp } from "./ops/clamp.ts";
export { broadcastTo, expandDims, flip, permute, reshape, slice, type SliceRange, split, squeeze, transpose } from "./ops/views.ts";
export { cast, concat, contiguous, copy, pad, stack } from "./ops/copy.ts";
export { diagonal } from "./ops/diagonal.ts";
export { repeat, tile } from "./ops/repeat.ts";
export { roll } from "./ops/roll.ts";
export { stopGradient } from "./ops/stop-gradient.ts";
export { argmax, argmin, type Axes, max, mean, min, type ReduceOptions, sum, variance } from "./ops/reduce.ts";
export { product } from "./ops/product.ts";
export { logSumExp } from "./ops/log-sum-exp.ts";
export { type SumOf, sumOf } from "./ops/sum-of.ts";
export { cumulativeSum } from "./ops/cumulative-sum.ts";
export { type Ranked, topK, type TopKOptions } from "./ops/top-k.ts";
export { sort, type SortOptions } from "./ops/sort.ts";
export { matmul } from "./ops/matmul.ts";
export { einsum } from "./ops/einsum.ts";
export { affine } from "./ops/affine.ts";
export { dequantize, isQuantized, type Quantized, type QuantizedBits, type QuantizedIn, type QuantizeOptions, quantize } from "./ops/quantize.ts";
export { gather, scatterAdd, take } from "./ops/gather.ts";
export { oneHot } from "./ops/one-hot.ts";
export { triangular, type TriangularOptions } from "./ops/triangular.ts";
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { layerNorm, type NormOptions } from "./ops/layer-norm.ts";
export { rmsNorm } from "./ops/rms-norm.ts";
export { l2Normalize } from "./ops/l2-normalize.ts";
export { crossEntropy, type CrossEntropyOptions } from "./ops/cross-entropy.ts";
export { Random, random, type RandomState } from "./core/random.ts";
export { bernoulli, normal, type NormalOptions, randomIntegers, type RandomPlacement, truncatedNormal, uniform, uniformData } from "./ops/random.ts";
export { dropout } from "./ops/dropout.ts";
