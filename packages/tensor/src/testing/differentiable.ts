import * as a from "../index.ts";

type Tensor = a.Tensor;

/** A differentiable function with inputs to try it on. */
export interface Differentiable {
  readonly name: string;
  /** The inputs' shapes. */
  readonly shapes: readonly (readonly number[])[];
  /** Where the inputs' elements lie, away from kinks and poles. */
  readonly within: readonly [low: number, high: number];
  readonly run: (...inputs: [Tensor, Tensor, Tensor]) => Tensor;
}

type Within = Differentiable["within"];

const ids = (data: readonly number[], shape: readonly number[], { device }: Tensor): Tensor => a.fromData(Int32Array.from(data), shape, { device });
const list: Differentiable[] = [];
const on = (shapes: readonly (readonly number[])[], within: Within, functions: Readonly<Record<string, Differentiable["run"]>>): void => {
  for (const [name, run] of Object.entries(functions)) list.push({ name, shapes, within, run });
};

on([[2, 3]], [0.2, 0.9], {
  neg: a.neg,
  abs: (x) => a.abs(a.sub(x, 1)),
  sign: (x) => a.mul(a.sign(x), x),
  floor: (x) => a.mul(a.floor(a.mul(x, 3.1)), x),
  exp: a.exp,
  expm1: a.expm1,
  log: a.log,
  log1p: a.log1p,
  sqrt: a.sqrt,
  sin: a.sin,
  cos: a.cos,
  tanh: a.tanh,
  erf: a.erf,
  sigmoid: (x) => a.sigmoid(a.mul(a.sub(x, 0.55), 9)),
  relu: (x) => a.relu(a.sub(x, 0.551)),
  silu: (x) => a.silu(a.mul(a.sub(x, 0.55), 9)),
  gelu: (x) => a.gelu(a.mul(a.sub(x, 0.55), 9)),
  geluTanh: (x) => a.geluTanh(a.mul(a.sub(x, 0.55), 9)),
  softplus: (x) => a.softplus(a.mul(a.sub(x, 0.551), 9)),
  square: a.square,
  reciprocal: a.reciprocal,
  rsqrt: a.rsqrt,
  clamp: (x) => a.clamp(x, 0.401, 0.702),
  "a number beside": (x) => a.sub(2, a.div(1.5, a.add(a.pow(x, 2.5), a.pow(1.7, x)))),
});
on(
  [
    [2, 1, 3],
    [2, 1],
  ],
  [0.2, 0.9],
  {
    add: a.add,
    sub: a.sub,
    mul: a.mul,
    div: a.div,
    pow: a.pow,
    maximum: a.maximum,
    minimum: a.minimum,
    remainder: (x, y) => a.remainder(a.mul(x, 5), y),
    where: (x, y) => a.where(a.less(x, y), a.mul(x, y), a.div(x, y)),
    "a formula of one's own": a.elementwise("own", (x, y) => a.mul(a.tanh(a.add(x, y)), a.where(a.less(x, y), a.exp(x), a.mul(x, y)))) as a.Binary,
    sumOf: (x, y) => a.sumOf("products", 2, (left, right) => a.mul(a.exp(left), right))([x, y], 1),
  },
);
on([[2, 3, 4]], [-1, 1], {
  sum: (x) => a.sum(x, [0, 2]),
  "sum of all": (x) => a.square(a.sum(x)),
  mean: (x) => a.mean(x, 1, { keepAxes: true }),
  max: (x) => a.max(x, [0, -1]),
  min: (x) => a.min(x, 1),
  variance: (x) => a.variance(x, [1, 2], { correction: 1 }),
  product: (x) => a.product(x, [0, 1]),
  logSumExp: (x) => a.logSumExp(x, [0, 2]),
  cumulativeSum: (x) => a.cumulativeSum(x, 1),
  "topK, values": (x) => a.topK(x, 2, { axis: 1 }).values,
  "topK, smallest": (x) => a.topK(x, 2, { largest: false }).values,
  sort: (x) => a.sort(x, { axis: 0 }).values,
  softmax: (x) => a.softmax(x, 1),
  logSoftmax: (x) => a.logSoftmax(x),
  l2Normalize: (x) => a.l2Normalize(x),
  "layerNorm without parameters": (x) => a.layerNorm(x, null, null),
  "rmsNorm without a weight": (x) => a.rmsNorm(x, null),
  dropout: (x) => a.dropout(x, 0.4, a.random(3)),
});
on([[2, 3, 4]], [-1, 1], {
  broadcastTo: (x) => a.broadcastTo(a.slice(x, 1, { end: 1 }), [3, 2, 2, 4]),
  expandDims: (x) => a.expandDims(x, -2),
  squeeze: (x) => a.squeeze(a.slice(x, 1, { start: -1 }), 1),
  flip: (x) => a.flip(x, [0, 2]),
  permute: (x) => a.permute(x, [2, 0, 1]),
  transpose: (x) => a.transpose(x),
  "reshape of a transpose": (x) => a.reshape(a.transpose(x, 0, 1), [6, -1]),
  slice: (x) => a.slice(x, 1, { start: 1, end: -1 }),
  "slice with a step": (x) => a.slice(x, 2, { start: 1, step: 2 }),
  split: (x) => a.mul(a.split(x, [1, 2], 1)[1]!, a.split(x, [1, 2], 1)[0]!),
  "split, one part": (x) => a.split(x, 2)[1]!,
  contiguous: (x) => a.contiguous(a.transpose(x)),
  copy: a.copy,
  pad: (x) =>
    a.pad(
      x,
      [
        [0, 1],
        [2, 0],
        [-1, 1],
      ],
      7,
    ),
  diagonal: (x) => a.diagonal(a.slice(x, 1, { end: 2 }), 0, 1),
  "diagonal, axes turned": (x) => a.diagonal(a.slice(x, 2, { end: 3 }), 2, 1),
  repeat: (x) => a.repeat(x, 2, 1),
  tile: (x) => a.tile(x, [1, 2, 2]),
  roll: (x) => a.roll(x, -1, 1),
  triangular: (x) => a.triangular(x, "upper", { diagonal: 1 }),
  checkpointed: (x) => a.checkpointed((y: Tensor) => a.mul(a.exp(y), a.sin(y)))(x),
});
on(
  [
    [2, 3],
    [2, 3],
  ],
  [-1, 1],
  {
    "an op of one's own": (x, y) =>
      a.op<[Tensor, Tensor], { readonly factor: number }>("own", {
        compose: ([left, right], { factor }) => [a.mul(a.mul(left, right), factor)],
        vjp: ({ cotangents: [g], inputs: [left, right], settings: { factor } }) =>
          g ? [a.mul(g, a.mul(right, factor)), a.mul(g, a.mul(left, factor))] : [null, null],
      })([x, y], { factor: 3 })[0]!,
    "matmul, a column": (x, y) => a.matmul(x, a.squeeze(a.slice(y, 0, { end: 1 }), 0)),
    "matmul, a row": (x, y) => a.matmul(a.squeeze(a.slice(y, 0, { end: 1 }), 0), a.transpose(x)),
    "matmul, two vectors": (x, y) => a.matmul(a.squeeze(a.slice(y, 0, { end: 1 }), 0), a.squeeze(a.slice(x, 0, { end: 1 }), 0)),
    concat: (x, y) => a.concat([x, y, x], 0),
    stack: (x, y) => a.stack([x, y], 1),
    gather: (x, y) => a.mul(a.gather(x, ids([2, 0, 0, 1], [2, 2], x)), a.gather(y, ids([0, 0, 1, 1], [2, 2], x))),
    scatterAdd: (x, y) => a.mul(a.scatterAdd(x, ids([1, 1, 3, 0, 2, 2], [2, 3], x), 4), a.scatterAdd(y, ids([1, 1, 3, 0, 2, 2], [2, 3], x), 4)),
    take: (x, y) => a.add(a.take(x, ids([1, 1, 0, 1], [2, 2], x)), a.expandDims(a.slice(y, 0, { start: 1 }), 0)),
    "einsum, diagonal and outer": (x, y) => a.einsum("ij,kj->ik", x, y),
    "the same tensor at many places": (x, y) => a.add(a.mul(x, x), a.mul(a.mul(x, y), x)),
  },
);
on(
  [
    [2, 1, 3, 4],
    [3, 4, 2],
  ],
  [-1, 1],
  { "matmul with batches": a.matmul },
);
on([[2, 3, 4], [2, 4], [2]], [-1, 1], {
  affine: a.affine,
  "affine without a bias": (x, weight) => a.affine(x, weight, null),
  "einsum of three": (x, y, z) => a.einsum("bij,kj,k->bi", x, y, z),
});
on([[2, 3, 4], [4], [4]], [-1, 1], {
  layerNorm: (x, weight, bias) => a.layerNorm(x, weight, bias, { epsilon: 0.01 }),
  rmsNorm: (x, weight) => a.rmsNorm(x, weight, { epsilon: 0.01 }),
});
const targets = (x: Tensor): Tensor => ids([1, 3, 0, 2, 1, 1], [2, 3], x);
on([[2, 3, 4], [2, 3], [4]], [0.1, 1], {
  crossEntropy: (x) => a.crossEntropy(x, targets(x)),
  "crossEntropy, a number a row": (x) => a.crossEntropy(x, targets(x), { reduction: "none", labelSmoothing: 0.1, zLoss: 0.05 }),
  "crossEntropy, weights": (x, weights) => a.crossEntropy(x, targets(x), { weights, ignore: 1, labelSmoothing: 0.2 }),
  "crossEntropy, class weights": (x, weights, classWeights) => a.crossEntropy(x, targets(x), { weights, classWeights, labelSmoothing: 0.1, zLoss: 0.1 }),
  "crossEntropy, probabilities": (x, weights) => a.crossEntropy(x, a.softmax(a.add(x, a.sin(x))), { weights, labelSmoothing: 0.1, zLoss: 0.1 }),
});

/** Every differentiable function of this package, with inputs at which it is smooth. */
export const differentiable: readonly Differentiable[] = list;
