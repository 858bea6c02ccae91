import type { Body } from "../body.ts";
import { keptOf } from "./attentionDropout.ts";
import { attentionScores, attentionSizes } from "./attentionScores.ts";

// For every batch row, query i and head, with D = cotangent[i] · context[i], over the keys j that i sees:
//   w = exp(score[j] − L), over their sum: L came in float32, and that of scores in the thousands is off by more than a weight may be
//   ofValue[j] += kept · w · cotangent[i]                 kept is 1, or with dropout 0 or 1 / (1 − rate), as it was
//   s = w · (kept · cotangent[i] · value[j] − D)          the cotangent of the score
//   ofBias[head, column] += s        ofPairs[row, head, i, j] += s
//   ofQuery[i] += scale · s · slope · key[j]        ofKey[j] += scale · s · slope · query[i]
// The weights are recomputed from the log-sum-exp, as in Dao et al. 2022 (arXiv:2205.14135, algorithm 4).

export const attentionGradient: Body<"attentionGradient"> = ({ settings, operands, scalars }, inputs, outputs) => {
  const [cotangent, context, sums, query, key, value] = inputs;
  const [scale] = scalars;
  const sizes = attentionSizes(operands.slice(3));
  const { batch, queries, heads, dim, keys, kvHeads, valueDim } = sizes;
  const scoresOf = attentionScores(settings, sizes, operands.slice(3), inputs.slice(3), scalars);
  const kept = keptOf(settings, sizes, scalars);
  const gradients = outputs.map(({ length }) => new Float64Array(length));
  const [ofQuery, ofKey, ofValue] = gradients;
  const ofBias = settings.bias && gradients[3];
  const ofPairs = settings.ofPairs && gradients.at(-1);
  const [biasHeads, distances] = settings.bias ? (operands[8]!.shape as [number, number]) : [0, 0];

  for (let row = 0; row < batch; row++) {
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      for (let i = 0; i < queries; i++) {
        const { count, keys: visible, scores, slopes, columns, places } = scoresOf(row, i, head);
        const sum = sums![(row * heads + head) * queries + i]!;
        const queryAt = ((row * queries + i) * heads + head) * dim;
        const contextAt = ((row * queries + i) * heads + head) * valueDim;
        let shared = 0;
        for (let d = 0; d < valueDim; d++) shared += cotangent![contextAt + d]! * context![contextAt + d]!;
        let total = 0;
        for (let n = 0; n < count; n++) total += Math.exp(scores[n]! - sum);
        for (let n = 0; n < count; n++) {
          const keyAt = ((row * keys + visible[n]!) * kvHeads + kvHead) * dim;
          const valueAt = ((row * keys + visible[n]!) * kvHeads + kvHead) * valueDim;
          const weight = Math.exp(scores[n]! - sum) / total;
          const keeps = kept(row, head, i, visible[n]!);
          let agreement = 0;
          for (let d = 0; d < valueDim; d++) {
            agreement += cotangent![contextAt + d]! * value![valueAt + d]!;
            ofValue![valueAt + d] = ofValue![valueAt + d]! + keeps * weight * cotangent![contextAt + d]!;
          }
          const ofScore = weight * (keeps * agreement - shared);
          if (ofPairs) ofPairs[places[n]!] = ofPairs[places[n]!]! + ofScore;
          if (ofBias) {
            const biasAt = (biasHeads === 1 ? 0 : head) * distances + columns[n]!;
            ofBias[biasAt] = ofBias[biasAt]! + ofScore;
          }
          const ofProduct = scale! * ofScore * slopes[n]!;
          for (let d = 0; d < dim; d++) {
            ofQuery![queryAt + d] = ofQuery![queryAt + d]! + ofProduct * key![keyAt + d]!;
            ofKey![keyAt + d] = ofKey![keyAt + d]! + ofProduct * query![queryAt + d]!;
          }
        }
      }
    }
  }
  for (const [index, gradient] of gradients.entries()) outputs[index]!.set(gradient);
};
