import type { Body } from "../body.ts";
import { keptOf } from "./attentionDropout.ts";
import { attentionScores, attentionSizes } from "./attentionScores.ts";

// For every batch row, query i and head, over the keys j that the mask lets i see:
//   L = log Σⱼ exp(score[j])        context[i] = Σⱼ kept[j] · exp(score[j] − L) · value[j]
// where kept is 1, or with dropout 0 or 1 / (1 − rate).
// A query that sees nothing keeps context 0, and its L is −Infinity.

export const attention: Body<"attention"> = ({ settings, operands, scalars }, inputs, [context, sums]) => {
  const sizes = attentionSizes(operands);
  const { batch, queries, heads, keys, kvHeads, valueDim } = sizes;
  const scoresOf = attentionScores(settings, sizes, operands, inputs, scalars);
  const kept = keptOf(settings, sizes, scalars);
  const value = inputs[2]!;
  const total = new Float64Array(valueDim);

  for (let row = 0; row < batch; row++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      for (let i = 0; i < queries; i++) {
        const { count, keys: visible, scores } = scoresOf(row, i, head);
        const sumAt = (row * heads + head) * queries + i;
        if (count === 0) {
          sums![sumAt] = Number.NEGATIVE_INFINITY;
          continue;
        }
        let largest = Number.NEGATIVE_INFINITY;
        for (let n = 0; n < count; n++) largest = Math.max(largest, scores[n]!);
        let sum = 0;
        for (let n = 0; n < count; n++) sum += Math.exp(scores[n]! - largest);
        const logSum = largest + Math.log(sum);
        total.fill(0);
        for (let n = 0; n < count; n++) {
          const weight = kept(row, head, i, visible[n]!) * Math.exp(scores[n]! - logSum);
          const valueAt = ((row * keys + visible[n]!) * kvHeads + kvHead) * valueDim;
          for (let d = 0; d < valueDim; d++) total[d] = total[d]! + weight * value[valueAt + d]!;
        }
        sums![sumAt] = logSum;
        context!.set(total, ((row * queries + i) * heads + head) * valueDim);
      }
    }
  }
};
