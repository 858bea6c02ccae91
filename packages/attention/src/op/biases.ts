import { broadcastTo, fromData, permute, reshape, scatterAdd, sum, type Tensor, take, transpose } from "@ashlar/tensor";
import type { AttentionCall } from "./attention.ts";

/** The bias table's column for every query and key, row-major. */
function columns({ table, firstDistance }: AttentionCall, distances: number): Int32Array {
  const { queries, keys } = table;
  const width = keys.end - keys.start;
  return Int32Array.from({ length: (queries.end - queries.start) * width }, (_, index) => {
    const distance = keys.start + (index % width) - (queries.start + Math.floor(index / width));
    return Math.min(distances - 1, Math.max(0, distance - firstDistance));
  });
}

/** A table [1 or heads, distances] spread over the pairs: [1, kvHeads, group, queries, keys]. */
export function distanceBias(bias: Tensor, call: AttentionCall, heads: number, kvHeads: number): Tensor {
  const [rows, distances] = bias.shape as [number, number];
  const { queries, keys } = call.table;
  const shape = [queries.end - queries.start, keys.end - keys.start];
  const picked = permute(take(transpose(bias), fromData(columns(call, distances), shape, { device: bias.device })), [2, 0, 1]);
  return reshape(rows === heads ? picked : broadcastTo(picked, [heads, ...shape]), [1, kvHeads, heads / kvHeads, ...shape]);
}

/** The table's gradient from that of the scores [batch, kvHeads, group, queries, keys]. */
export function distanceBiasGradient(flow: Tensor, bias: Tensor, call: AttentionCall): Tensor {
  const [rows, distances] = bias.shape as [number, number];
  const { kvHeads, group, queries, keys } = flow.dims("batch kvHeads group queries keys");
  const byHead = reshape(sum(flow, 0), [kvHeads * group, queries * keys]);
  const source = rows === 1 ? sum(byHead, 0, { keepAxes: true }) : byHead;
  const places = broadcastTo(fromData(columns(call, distances), [1, queries * keys], { device: bias.device }), source.shape);
  return scatterAdd(source, places, distances, 1);
}

/** A bias [1 or batch, 1 or heads, queries, keys] with its heads by key head. */
export function pairBias(bias: Tensor, heads: number, kvHeads: number): Tensor {
  const [batch, own, ...pairs] = bias.shape as [number, number, number, number];
  return reshape(bias, own === heads ? [batch, kvHeads, heads / kvHeads, ...pairs] : [batch, 1, 1, ...pairs]);
}

/** The bias's gradient: that of the scores, summed where the bias repeats. */
export function pairBiasGradient(flow: Tensor, bias: Tensor): Tensor {
  const { batch, kvHeads, group, queries, keys } = flow.dims("batch kvHeads group queries keys");
  const whole = reshape(flow, [batch, kvHeads * group, queries, keys]);
  const repeated = whole.shape.flatMap((size, axis) => (bias.shape[axis] === 1 && size > 1 ? [axis] : []));
  return repeated.length > 0 ? sum(whole, repeated, { keepAxes: true }) : whole;
}
