import { denseTable } from "@ashlar/mask";
import {
  add,
  div,
  equal,
  exp,
  fromData,
  greater,
  less,
  log,
  logicalAnd,
  matmul,
  max,
  mul,
  permute,
  reshape,
  scoped,
  sub,
  sum,
  type Tensor,
  tanh,
  transpose,
  uniform,
  where,
} from "@ashlar/tensor";
import type { AttentionCall, AttentionInputs } from "./attention.ts";
import { distanceBias, distanceBiasGradient, pairBias, pairBiasGradient } from "./biases.ts";
import { grouped, regrouped, ungrouped } from "./groups.ts";

// Everything here is [batch, kvHeads, group, queries, …]: `group` query heads share a key head.

/** Attention by its definition, with whole [queries, keys] arrays: what devices without the kernel run, and what the kernel is held to. */
export function composedAttention(inputs: AttentionInputs, call: AttentionCall): readonly Tensor[] {
  const { scores, visible } = scored(inputs, call);
  const highest = scoped(() => max(where(visible, scores, Number.NEGATIVE_INFINITY), -1, { keepAxes: true }));
  // a query that sees nothing has no highest score: 0 stands in, and every weight is 0
  const base = where(equal(highest, Number.NEGATIVE_INFINITY), 0, highest);
  const weights = scoped(() => where(visible, exp(sub(where(visible, scores, base), base)), 0));
  const total = sum(weights, -1, { keepAxes: true });
  const kept = keeping(weights, call);
  const context = div(matmul(kept ? mul(weights, kept) : weights, grouped(inputs[2], inputs[0].shape[2] as number)), where(equal(total, 0), 1, total));
  const { batch, queries, heads } = inputs[0].dims("batch queries heads dim");
  return [ungrouped(context), reshape(add(log(total), base), [batch, heads, queries])];
}

/** The gradient from the kept log-sum-exp: the weights are computed again. */
export function composedGradient(
  [g, context, logSumExp, ...inputs]: readonly [g: Tensor, context: Tensor, logSumExp: Tensor, ...AttentionInputs],
  call: AttentionCall & { readonly ofPairs: boolean },
): readonly Tensor[] {
  const [query, key, value, , , byDistance, byPair] = inputs;
  const { scores, visible, capSlope } = scored(inputs, call);
  const { batch, queries, heads } = query.dims("batch queries heads dim");
  const kvHeads = key.shape[2] as number;
  const lse = reshape(logSumExp, [batch, kvHeads, heads / kvHeads, queries, 1]);
  const weights = scoped(() => where(visible, exp(where(visible, sub(scores, lse), 0)), 0));
  const [cotangent, values, keys] = [regrouped(g, kvHeads), grouped(value, heads), grouped(key, heads)];
  const kept = keeping(weights, call);
  const shared = sum(mul(cotangent, regrouped(context, kvHeads)), -1, { keepAxes: true });
  const flow = scoped(() => {
    const agreement = matmul(cotangent, transpose(values)); // of each weight with the cotangent
    return mul(weights, sub(kept ? mul(agreement, kept) : agreement, shared));
  }); // of the scores with bias
  const dot = mul(capSlope ? mul(flow, capSlope) : flow, call.scale);
  const asKeys = (x: Tensor): Tensor => permute(reshape(sum(x, 2), [batch, kvHeads, ...x.shape.slice(-2)]), [0, 2, 1, 3]);
  return [
    ungrouped(matmul(dot, keys)),
    asKeys(matmul(transpose(dot), regrouped(query, kvHeads))),
    asKeys(scoped(() => matmul(transpose(kept ? mul(weights, kept) : weights), cotangent))),
    ...(byDistance ? [distanceBiasGradient(flow, byDistance, call)] : []),
    ...(byPair && call.ofPairs ? [pairBiasGradient(flow, byPair)] : []),
  ];
}

/** By what each weight is multiplied: 0 where it is dropped, 1 / (1 − rate) elsewhere. The same are dropped backward, and by the kernel. */
export function keeping(weights: Tensor, { drop }: Pick<AttentionCall, "drop">): Tensor | undefined {
  return drop && scoped(() => where(less(uniform(drop.random, weights.shape, weights), Math.fround(drop.rate)), 0, 1 / (1 - drop.rate)));
}

/** Every score, and which of them the mask shows. */
export interface Scored {
  /** With cap and biases, without the mask. */
  readonly scores: Tensor;
  /** bool, broadcasts to the scores. */
  readonly visible: Tensor;
  /** The slope of the cap at each score, where there is one. */
  readonly capSlope: Tensor | undefined;
}

/** The scores of all pairs, [batch, kvHeads, group, queries, keys]. */
export function scored(inputs: AttentionInputs, call: AttentionCall): Scored {
  return scoped(() => allScores(inputs, call));
}

function allScores([query, key, , , , byDistance, byPair]: AttentionInputs, call: AttentionCall): Scored {
  const { scale, softcap, table } = call;
  const heads = query.shape[2] as number;
  const kvHeads = key.shape[2] as number;
  const products = mul(matmul(regrouped(query, kvHeads), transpose(grouped(key, heads))), scale);
  const bent = softcap === undefined ? undefined : tanh(div(products, softcap));
  const capped = bent && softcap !== undefined ? mul(bent, softcap) : products;
  const near = byDistance ? add(capped, distanceBias(byDistance, call, heads, kvHeads)) : capped;
  const pairs = byPair ? pairBias(byPair, heads, kvHeads) : undefined;
  const [queries, keys] = [table.queries.end - table.queries.start, table.keys.end - table.keys.start];
  const visible = fromData(denseTable(table), [table.rows, 1, 1, queries, keys], { device: query.device });
  return {
    scores: pairs ? add(near, pairs) : near,
    visible: pairs ? logicalAnd(visible, greater(pairs, Number.NEGATIVE_INFINITY)) : visible,
    capSlope: bent && sub(1, mul(bent, bent)),
  };
}
