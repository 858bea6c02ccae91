import type { Tensor } from "@ashlar/tensor";
import { scoped } from "@ashlar/tensor";
import { onlyKnown } from "../check.ts";
import { TrainError } from "../errors.ts";
import { turns } from "./turn.ts";

/** What is measured, and on what. */
export interface EvaluateOptions<Params, Batch> {
  /** The parameters. */
  readonly params: Params;
  /** The batches: a finite number of them. */
  readonly batches: Iterable<Batch> | AsyncIterable<Batch>;
  /** A batch's loss, a scalar, or an array that begins with it. It is handed no random numbers, so nothing is dropped. */
  readonly loss: (params: Params, batch: Batch) => Tensor | readonly [loss: Tensor, ...unknown[]];
  /** How much a batch counts: its number of tokens, where the loss is a mean over them. Default: all count the same. */
  readonly weight?: (batch: Batch) => number;
  /** Ends the evaluation after the batch at work, with what was measured so far. */
  readonly signal?: AbortSignal;
}

/** What was measured. */
export interface Evaluation {
  /** The mean of the losses: Σ weight · loss / Σ weight. */
  readonly loss: number;
  /** The sum of the weights. */
  readonly weight: number;
  /** How many batches there were. */
  readonly batches: number;
}

/**
 * The mean loss over batches, without gradients and without random numbers.
 *
 * @throws TrainError for unknown options, when there are no batches, or when they weigh nothing.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { mean, tensor } from "@ashlar/tensor";
 * import { evaluate } from "@ashlar/train";
 * const device = reference();
 * const { loss } = await evaluate({ params: {}, batches: [[1, 2, 3], [4]], loss: (_, batch) => mean(tensor(batch, { device })), weight: (batch) => batch.length });
 * console.log(loss); // 2.5
 * ```
 */
export async function evaluate<Params, Batch>(options: EvaluateOptions<Params, Batch>): Promise<Evaluation> {
  onlyKnown("evaluate", options, ["params", "batches", "loss", "weight", "signal"]);
  const { params, batches, loss, weight = () => 1, signal } = options;
  const take = turns();
  let total = 0;
  let weights = 0;
  let count = 0;
  for await (const batch of batches) {
    await take();
    if (signal?.aborted) break;
    const value = scoped(() => {
      const given = loss(params, batch);
      return Array.isArray(given) ? (given[0] as Tensor) : (given as Tensor);
    });
    const share = weight(batch);
    total += share * (await value.item());
    weights += share;
    count++;
    value.storage.free("the evaluation");
  }
  if (count === 0) throw new TrainError("evaluate: there are no batches; is the data set empty, its iterator used up, or the signal aborted?");
  if (!(weights > 0)) throw new TrainError(`evaluate: the weights of the batches must sum to more than 0, got ${weights}`);
  return { loss: total / weights, weight: weights, batches: count };
}
