import { denseTable } from "@ashlar/mask";
import {
  add,
  broadcastTo,
  div,
  equal,
  exp,
  expandDims,
  fromData,
  log,
  matmul,
  max,
  mul,
  permute,
  reshape,
  scatterAdd,
  sub,
  sum,
  type Tensor,
  take,
  tanh,
  transpose,
  where,
} from "@ashlar/tensor";
import type { AttentionCall, AttentionInputs } from "./attention.ts";

// Everything here is [batch, kvHeads, group, queries, …]: `group` query heads share a key head.

/** Attention by its definition, with whole [queries, keys] arrays: what devices without the kernel run, and what the kernel is held to. */
export function composedAttention(inputs: AttentionInputs, call: AttentionCall): readonly Tensor[] {
  const { scores, visible } = scored(inputs, call);
  const shown = where(visible, scores, Number.NEGATIVE_INFINITY);
  const highest = max(shown, -1, { keepAxes: true });
  // a query that sees nothing has no highest score: 0 stands in, and every weight is 0
  const base = where(equal(highest, Number.NEGATIVE_INFINITY), 0, highest);
  const weights = where(visible, exp(sub(where(visible, scores, base), base)), 0);
  const total = sum(weights, -1, { keepAxes: true });
  const context = div(matmul(weights, grouped(inputs[2], inputs[0])), where(equal(total, 0), 1, total));
  return [ungrouped(context), logSumExps(add(log(total), base), inputs[0])];
}

/** The gradient from the kept log-sum-exp: the weights are computed again. */
export function composedGradient(
  [g, context, logSumExp, ...inputs]: readonly [g: Tensor, context: Tensor, logSumExp: Tensor, ...AttentionInputs],
  call: AttentionCall,
): readonly Tensor[] {
  const [query, key, value, , , bias] = inputs;
  const { scores, visible, capSlope } = scored(inputs, call);
  const { batch, queries, heads, dim } = query.dims("batch queries heads dim");
  const kvHeads = key.shape[2] as number;
  const lse = reshape(logSumExp, [batch, kvHeads, heads / kvHeads, queries, 1]);
  const weights = where(visible, exp(where(visible, sub(scores, lse), 0)), 0);
  const [cotangent, values, keys] = [regrouped(g, kvHeads), grouped(value, query), grouped(key, query)];
  const drop = sum(mul(cotangent, regrouped(context, kvHeads)), -1, { keepAxes: true });
  const flow = mul(weights, sub(matmul(cotangent, transpose(values)), drop)); // of the scores with bias
  const dot = mul(capSlope ? mul(flow, capSlope) : flow, call.scale);
  const asKeys = (x: Tensor): Tensor => permute(reshape(sum(x, 2), [batch, kvHeads, ...x.shape.slice(-2)]), [0, 2, 1, 3]);
  return [
    ungrouped(matmul(dot, keys)),
    asKeys(matmul(transpose(dot), regrouped(query, kvHeads))),
    asKeys(matmul(transpose(weights), cotangent)),
    ...(bias ? [biasGradient(flow, bias, call, [batch, heads, queries, dim])] : []),
  ];
}

interface Scored {
  /** With cap and bias, without the mask. */
  readonly scores: Tensor;
  /** bool, broadcasts to the scores. */
  readonly visible: Tensor;
  /** The slope of the cap at each score, where there is one. */
  readonly capSlope: Tensor | undefined;
}

function scored([query, key, , , , bias]: AttentionInputs, call: AttentionCall): Scored {
  const { scale, softcap, table } = call;
  const { heads } = query.dims("batch queries heads dim");
  const kvHeads = key.shape[2] as number;
  const products = mul(matmul(regrouped(query, kvHeads), transpose(grouped(key, query))), scale);
  const capped = softcap === undefined ? undefined : tanh(div(products, softcap));
  const scores = capped && softcap !== undefined ? mul(capped, softcap) : products;
  const [queries, keys] = [table.queries.end - table.queries.start, table.keys.end - table.keys.start];
  const visible = fromData(denseTable(table), [table.rows, 1, 1, queries, keys], { device: query.device });
  return {
    scores: bias ? add(scores, biases(bias, call, heads, kvHeads)) : scores,
    visible,
    capSlope: capped && sub(1, mul(capped, capped)),
  };
}

/** The bias table's column for every query and key, row-major. */
function columns({ table, firstDistance }: AttentionCall, distances: number): Int32Array {
  const { queries, keys } = table;
  const width = keys.end - keys.start;
  return Int32Array.from({ length: (queries.end - queries.start) * width }, (_, index) => {
    const distance = keys.start + (index % width) - (queries.start + Math.floor(index / width));
    return Math.min(distances - 1, Math.max(0, distance - firstDistance));
  });
}

/** [1, kvHeads, group, queries, keys]. */
function biases(bias: Tensor, call: AttentionCall, heads: number, kvHeads: number): Tensor {
  const [rows, distances] = bias.shape as [number, number];
  const { queries, keys } = call.table;
  const shape = [queries.end - queries.start, keys.end - keys.start];
  const picked = permute(take(transpose(bias), fromData(columns(call, distances), shape, { device: bias.device })), [2, 0, 1]);
  return reshape(rows === heads ? picked : broadcastTo(picked, [heads, ...shape]), [1, kvHeads, heads / kvHeads, ...shape]);
}

function biasGradient(flow: Tensor, bias: Tensor, call: AttentionCall, [, heads, queries]: readonly [number, number, number, number]): Tensor {
  const [rows, distances] = bias.shape as [number, number];
  const keys = flow.shape.at(-1) as number;
  const byHead = reshape(sum(flow, 0), [heads, queries * keys]);
  const source = rows === heads ? byHead : sum(byHead, 0, { keepAxes: true });
  const places = broadcastTo(fromData(columns(call, distances), [1, queries * keys], { device: bias.device }), source.shape);
  return scatterAdd(source, places, distances, 1);
}

/** Query heads by the key head they read: [batch, time, heads, d] to [batch, kvHeads, group, time, d]. */
function regrouped(x: Tensor, kvHeads: number): Tensor {
  const { batch, time, heads, dim } = x.dims("batch time heads dim");
  return permute(reshape(x, [batch, time, kvHeads, heads / kvHeads, dim]), [0, 2, 3, 1, 4]);
}

/** Keys or values, repeated for their group: [batch, time, kvHeads, d] to [batch, kvHeads, group, time, d]. */
function grouped(x: Tensor, query: Tensor): Tensor {
  const { batch, time, kvHeads, dim } = x.dims("batch time kvHeads dim");
  const group = (query.shape[2] as number) / kvHeads;
  return broadcastTo(expandDims(permute(x, [0, 2, 1, 3]), 2), [batch, kvHeads, group, time, dim]);
}

/** Back to [batch, time, heads, d]. */
function ungrouped(x: Tensor): Tensor {
  const [batch, kvHeads, group, time, dim] = x.shape as [number, number, number, number, number];
  return reshape(permute(x, [0, 3, 1, 2, 4]), [batch, time, kvHeads * group, dim]);
}

function logSumExps(x: Tensor, query: Tensor): Tensor {
  const { batch, queries, heads } = query.dims("batch queries heads dim");
  return reshape(x, [batch, heads, queries]);
}
