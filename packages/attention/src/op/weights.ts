import { add, div, equal, exp, greater, matmul, max, maximum, mul, reshape, stopGradient, sub, sum, type Tensor, where } from "@ashlar/tensor";
import type { AttentionCall, AttentionInputs, WeightDropout } from "./attention.ts";
import { keeping, scored } from "./composed.ts";
import { grouped, ungrouped } from "./groups.ts";

/** The scores of all pairs with cap and bias, [batch, heads, queries, keys]; −Infinity where a key is hidden. */
export function scoresOf(inputs: AttentionInputs, call: AttentionCall): Tensor {
  const { scores, visible } = scored(inputs, call);
  const { batch, queries, heads } = inputs[0].dims("batch queries heads dim");
  return reshape(where(visible, scores, Number.NEGATIVE_INFINITY), [batch, heads, queries, inputs[1].shape[1] as number]);
}

/** The softmax of scores over the keys, beside a sink for each head if there is one; all 0 for a query that sees nothing. */
export function softmaxOf(scores: Tensor, sinks?: Tensor): Tensor {
  const visible = greater(scores, Number.NEGATIVE_INFINITY);
  const highest = stopGradient(max(scores, -1, { keepAxes: true }));
  const sink = sinks && reshape(sinks, [1, sinks.size, 1, 1]);
  const top = sink ? maximum(highest, stopGradient(sink)) : highest;
  const base = where(equal(top, Number.NEGATIVE_INFINITY), 0, top);
  const parts = where(visible, exp(where(visible, sub(scores, base), 0)), 0);
  const own = sum(parts, -1, { keepAxes: true });
  const total = sink ? add(own, exp(sub(sink, base))) : own;
  return div(parts, where(equal(total, 0), 1, total));
}

/** The context [batch, queries, heads, valueDim] that weights make of values [batch, keys, kvHeads, valueDim]. */
export function mixed(weights: Tensor, value: Tensor, drop: WeightDropout | undefined): Tensor {
  const { batch, heads, queries, keys } = weights.dims("batch heads queries keys");
  const kvHeads = value.shape[2] as number;
  const byGroup = reshape(weights, [batch, kvHeads, heads / kvHeads, queries, keys]);
  const kept = keeping(byGroup, { drop });
  return ungrouped(matmul(kept ? mul(byGroup, kept) : byGroup, grouped(value, heads)));
}
