import * as a from "../index.ts";

type Tensor = a.Tensor;

/** A case's inputs by name. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** A case's settings, as they stand in the file: each operation has some of these. */
export interface Params {
  readonly axes: number[];
  readonly axis: number;
  readonly classes: number;
  readonly descending: boolean;
  readonly diagonal: number;
  readonly eps: number;
  readonly equation: string;
  readonly ignore_index?: number;
  readonly k: number;
  readonly keepdims: boolean;
  readonly label_smoothing: number;
  readonly largest: boolean;
  readonly max: number;
  readonly min: number;
  readonly order: number[];
  readonly padding_idx?: number;
  readonly pads: [number, number][];
  readonly reduction: "mean" | "sum" | "none";
  readonly repeats: number;
  readonly reps: number[];
  readonly shape: number[];
  readonly shift: number;
  readonly size: number;
  readonly sizes?: number[];
  readonly slices: [number, number, number][];
  readonly transpose_a: boolean;
  readonly transpose_b: boolean;
  readonly value: number;
  readonly weight_offset?: number;
  readonly z_loss: number;
}

type Run = (inputs: Inputs, params: Params) => Tensor | Record<string, Tensor>;

const unary =
  (op: (x: Tensor) => Tensor): Run =>
  ({ x }) =>
    op(x!);
const binary =
  (op: (x: Tensor, y: Tensor) => Tensor): Run =>
  (inputs) =>
    op(inputs.a!, inputs.b!);
const folded =
  (op: (x: Tensor, axes: number[] | undefined, options: a.ReduceOptions) => Tensor): Run =>
  ({ x }, { axes, keepdims }) =>
    op(x!, axes ?? undefined, { keepAxes: keepdims });
const alongAxis =
  (op: (x: Tensor, axis: number) => Tensor): Run =>
  ({ x }, { axis }) =>
    op(x!, axis);

/** Runs what works on the last axis over several: they are folded into one. */
function overLast(x: Tensor, axes: readonly number[], run: (rows: Tensor, row: (part: Tensor | undefined) => Tensor | null) => Tensor): Tensor {
  const kept = x.shape.slice(0, x.rank - axes.length);
  return a.reshape(
    run(a.reshape(x, [...kept, -1]), (part) => (part ? a.reshape(part, [-1]) : null)),
    x.shape,
  );
}

const triangle =
  (part: "lower" | "upper"): Run =>
  ({ x }, { diagonal }) =>
    a.triangular(x!, part, { diagonal });

/** Every operation of ops.json out of this package's functions. */
export const goldenOps: Readonly<Record<string, Run>> = {
  exp: unary(a.exp),
  log: unary(a.log),
  sqrt: unary(a.sqrt),
  rsqrt: unary(a.rsqrt),
  tanh: unary(a.tanh),
  sigmoid: unary(a.sigmoid),
  erf: unary(a.erf),
  sin: unary(a.sin),
  cos: unary(a.cos),
  abs: unary(a.abs),
  neg: unary(a.neg),
  square: unary(a.square),
  reciprocal: unary(a.reciprocal),
  relu: unary(a.relu),
  silu: unary(a.silu),
  gelu_erf: unary(a.gelu),
  gelu_tanh: unary(a.geluTanh),
  softplus: unary(a.softplus),
  expm1: unary(a.expm1),
  log1p: unary(a.log1p),
  sign: unary(a.sign),
  clamp: ({ x }, { min, max }) => a.clamp(x!, min, max),
  add: binary(a.add),
  sub: binary(a.sub),
  mul: binary(a.mul),
  div: binary(a.div),
  pow: binary(a.pow),
  maximum: binary(a.maximum),
  minimum: binary(a.minimum),
  lt: binary(a.less),
  le: binary(a.lessEqual),
  gt: binary(a.greater),
  ge: binary(a.greaterEqual),
  eq: binary(a.equal),
  ne: binary(a.notEqual),
  where: (inputs) => a.where(inputs.cond!, inputs.a!, inputs.b!),
  where_sqrt: ({ x }) => a.where(a.greater(x!, 0), a.sqrt(x!), 0),
  sum: folded(a.sum),
  mean: folded(a.mean),
  max: folded(a.max),
  min: folded(a.min),
  logsumexp: folded(a.logSumExp),
  var: folded(a.variance),
  var_unbiased: folded((x, axes, options) => a.variance(x, axes, { ...options, correction: 1 })),
  argmax: alongAxis(a.argmax),
  argmin: alongAxis(a.argmin),
  cumsum: alongAxis(a.cumulativeSum),
  sort: ({ x }, { axis, descending }) => ({ ...a.sort(x!, { axis, descending }) }),
  topk: ({ x }, { k, axis, largest }) => ({ ...a.topK(x!, k, { axis, largest }) }),
  matmul: (inputs, { transpose_a, transpose_b }) =>
    a.matmul(transpose_a ? a.transpose(inputs.a!) : inputs.a!, transpose_b ? a.transpose(inputs.b!) : inputs.b!),
  einsum: (inputs, { equation }) => a.einsum(equation, ...Object.values(inputs)),
  softmax: alongAxis(a.softmax),
  log_softmax: alongAxis(a.logSoftmax),
  layer_norm: ({ x, weight, bias }, { axes, eps }) => overLast(x!, axes, (rows, row) => a.layerNorm(rows, row(weight), row(bias), { epsilon: eps })),
  rms_norm: ({ x, weight }, { axes, eps, weight_offset }) =>
    overLast(x!, axes, (rows, row) => a.rmsNorm(rows, row(weight && weight_offset ? a.add(weight, weight_offset) : weight), { epsilon: eps })),
  l2_normalize: ({ x }, { axis, eps }) => a.l2Normalize(x!, axis, { epsilon: eps }),
  cross_entropy: ({ logits, labels, class_weights }, { ignore_index, label_smoothing, reduction }) =>
    a.crossEntropy(logits!, labels!, {
      reduction: reduction ?? "mean",
      ...(ignore_index !== undefined && { ignore: ignore_index }),
      ...(label_smoothing !== undefined && { labelSmoothing: label_smoothing }),
      ...(class_weights && { classWeights: class_weights }),
    }),
  cross_entropy_soft: ({ logits, targets }, { label_smoothing, reduction }) =>
    a.crossEntropy(logits!, targets!, { labelSmoothing: label_smoothing, reduction }),
  cross_entropy_z: ({ logits, labels, weights }, { z_loss }) => {
    const options = { zLoss: z_loss, ...(weights && { weights }) };
    const z = a.mul(a.square(a.logSumExp(logits!, -1)), z_loss);
    return {
      sum: a.crossEntropy(logits!, labels!, { ...options, reduction: "sum" }),
      mean: a.crossEntropy(logits!, labels!, options),
      z_term: a.sum(weights ? a.mul(z, weights) : z),
    };
  },
  bce_with_logits: ({ logits, targets }) => a.sub(a.softplus(logits!), a.mul(logits!, targets!)),
  kl_div: ({ log_p, q }) => a.div(a.sum(a.mul(q!, a.sub(a.log(q!), log_p!))), q!.shape[0]!),
  embedding: ({ table, ids }, { padding_idx }) => {
    const rows = a.take(table!, ids!);
    if (padding_idx === undefined) return rows;
    return a.where(a.expandDims(a.equal(ids!, padding_idx), -1), a.stopGradient(rows), rows);
  },
  gather: ({ x, index }, { axis }) => a.gather(x!, index!, axis),
  index_select: ({ x, index }, { axis }) => a.take(x!, index!, axis),
  scatter_add: ({ x, index, src }, { axis }) => a.add(x!, a.scatterAdd(src!, index!, x!.shape.at(axis)!, axis)),
  index_add: ({ x, index, src }) => {
    const spread = a.contiguous(a.broadcastTo(a.expandDims(index!, 1), src!.shape));
    return a.add(x!, a.scatterAdd(src!, spread, x!.shape[0]!, 0));
  },
  one_hot: ({ ids }, { classes }) => a.cast(a.oneHot(ids!, classes), "int32"),
  tril: triangle("lower"),
  triu: triangle("upper"),
  concat: (inputs, { axis }) => a.concat(Object.values(inputs), axis),
  stack: (inputs, { axis }) => a.stack(Object.values(inputs), axis),
  flip: ({ x }, { axes }) => a.flip(x!, axes),
  roll: ({ x }, { shift, axis }) => a.roll(x!, shift, axis),
  split: ({ x }, { size, sizes, axis }) => {
    const whole = x!.shape.at(axis)!;
    const every = (): number[] => Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size));
    return Object.fromEntries(a.split(x!, sizes ?? every(), axis).map((part, i) => [`out${i}`, part]));
  },
  pad: ({ x }, { pads, value }) => a.pad(x!, pads, value),
  permute: ({ x }, { order }) => a.permute(x!, order),
  expand: ({ x }, { shape }) => a.broadcastTo(x!, shape),
  slice: ({ x }, { slices }) => slices.reduce((part: Tensor, [start, end, step], axis) => a.slice(part, axis, { start, end, step }), x!),
  repeat_interleave: ({ x }, { repeats, axis }) => a.repeat(x!, repeats, axis),
  tile: ({ x }, { reps }) => a.tile(x!, reps),
};
