import type { Device } from "@ashlar/backend";
import { type Batch, type Example, padBatch } from "@ashlar/data";
import type { Call, LanguageModel } from "@ashlar/models";
import { bind, type ParamsOf } from "@ashlar/nn";
import { argmax, crossEntropy, equal, fromData, reshape, scoped, sum, type Tensor, take, toFloat32 } from "@ashlar/tensor";
import { groups, place } from "./task.ts";

/** Predictions of the tokens that count, and what they should be. */
export interface Predicted {
  /** [count, vocab]. */
  readonly logits: Tensor;
  /** int32 [count]. */
  readonly targets: Tensor;
}

/** The places of a batch that count, in its rows one behind the other. */
function countedPlaces({ lossWeights }: Pick<Batch<Example>, "lossWeights">): Int32Array {
  return Int32Array.from(lossWeights.data.keys()).filter((at) => (lossWeights.data[at] as number) > 0);
}

/**
 * What a language model predicts where a batch counts. The vocabulary is scored there only: with 15 % of the tokens hidden, or a source in
 * front, most of the last product would be for nothing. Undefined where nothing counts.
 */
export function predict<Parts>(model: LanguageModel<Parts>, params: ParamsOf<Parts>, batch: Batch<Example>, call: Call, device: Device): Predicted | undefined {
  const counted = countedPlaces(batch);
  if (counted.length === 0) return undefined;
  const states = bind(model.read, params)(place(batch.inputs, device), call); // [batch, time, dim]
  const flat = reshape(states, [-1, states.shape[2] as number]);
  const all = counted.length === batch.targets.data.length;
  const places = fromData(counted, [counted.length], { device });
  const logits = bind(model.score, params)(all ? flat : take(flat, places));
  return {
    logits,
    targets: fromData(
      counted.map((at) => batch.targets.data[at] as number),
      [counted.length],
      { device },
    ),
  };
}

/** The mean loss of what counts; 0 where nothing does. */
export function meanLoss(predicted: Predicted | undefined, device: Device): Tensor {
  return predicted ? crossEntropy(predicted.logits, predicted.targets) : fromData(new Float32Array(1), [], { device });
}

/** How well the tokens that count are predicted. */
export interface TokenScores {
  /** The mean negative log-likelihood, in nats. */
  readonly loss: number;
  /** The share that are the likeliest. */
  readonly accuracy: number;
  /** How many count. */
  readonly tokens: number;
}

/** Loss and accuracy of the tokens that count in the examples, all of them once. */
export async function scoreTokens(
  examples: readonly Example[],
  predicted: (batch: Batch<Example>) => Predicted | undefined,
  { size = 16 } = {},
): Promise<TokenScores> {
  let [loss, hits, tokens] = [0, 0, 0];
  for (const some of groups(examples, size)) {
    const sums = scoped(() => {
      const found = predicted(padBatch(some));
      if (!found) return undefined;
      const { logits, targets } = found;
      return { loss: crossEntropy(logits, targets, { reduction: "sum" }), hits: sum(toFloat32(equal(argmax(logits, -1), targets))), count: targets.size };
    });
    if (!sums) continue;
    loss += await sums.loss.item();
    hits += await sums.hits.item();
    tokens += sums.count;
    for (const { storage } of [sums.loss, sums.hits]) storage.free("the scores");
  }
  return { loss: loss / tokens, accuracy: hits / tokens, tokens };
}

/** Scores of always predicting by how often each token occurs in `train`: what a model has to beat. One is added to each count. */
export function unigramScores(train: Iterable<number>, valid: Iterable<number>, vocab: number): TokenScores {
  const counts = new Float64Array(vocab).fill(1);
  for (const id of train) counts[id] = (counts[id] as number) + 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const likeliest = counts.indexOf(Math.max(...counts));
  let [loss, hits, tokens] = [0, 0, 0];
  for (const id of valid) {
    loss -= Math.log((counts[id] as number) / total);
    hits += id === likeliest ? 1 : 0;
    tokens++;
  }
  return { loss: loss / tokens, accuracy: hits / tokens, tokens };
}

/** The ids that examples' losses count. */
export function countedTargets(examples: Iterable<Pick<Example, "targets" | "lossWeights">>): number[] {
  return Array.from(examples, ({ targets, lossWeights }) => Array.from(targets).filter((_, index) => (lossWeights[index] as number) > 0)).flat();
}
