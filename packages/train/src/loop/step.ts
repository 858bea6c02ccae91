import type { Random, RandomState, Tensor } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { DataPosition } from "./stream.ts";

/** What a loss is told about where it runs. Spread it into a model's call: with `random`, dropout drops. */
export interface Pass {
  /** Random numbers of this step and batch alone. */
  readonly random: Random;
  /** How many steps came before. */
  readonly step: number;
}

/** The loss of a batch, a scalar; or with it what else is wanted of the batch. */
export type Loss<Params, Batch, Extra = undefined> = (params: Params, batch: Batch, pass: Pass) => Tensor | readonly [loss: Tensor, extra: Extra];

/** Everything a run needs to go on as if it had never stopped: plain data and tensors. */
export interface RunState<Params, State extends OptimizerState = OptimizerState> {
  /** The parameters. */
  readonly params: Params;
  /** The optimizer's state. */
  readonly optimizer: State;
  /** How many steps have been made: schedules go on from here. */
  readonly step: number;
  /** The run's source of random numbers. */
  readonly random: RandomState;
  /** Where the data stands. */
  readonly data: DataPosition;
}

/** A step that was made. Its tensors live until the next one; those of the last step stay. */
export interface Step<Params, Extra = undefined, State extends OptimizerState = OptimizerState> {
  /** Which step it was, from 0. */
  readonly index: number;
  /** The learning rate it was made with, where the optimizer has a single one. */
  readonly rate: number | undefined;
  /** The parameters after it. */
  readonly params: Params;
  /** All that a run needs to go on from here. */
  readonly state: RunState<Params, State>;
  /** What the loss returned beside itself, one for each batch of the step. */
  readonly extras: readonly Extra[];
  /** How many batches the step read. */
  readonly batches: number;
  /** Waits for the loss, before the step. @throws TrainError when it is not finite, or was not read before the next step. */
  loss(): Promise<number>;
  /** Waits for the norm of the gradients over all parameters; undefined unless the optimizer's chain measures it, as `clipByNorm` does. */
  gradientNorm(): Promise<number | undefined>;
}

/** Reads a scalar of a step once. */
export function reader(value: Tensor, what: string, index: number): () => Promise<number> {
  let read: Promise<number> | undefined;
  return () => {
    if (!read && !value.storage.live)
      return Promise.reject(new TrainError(`train: the ${what} of step ${index} was freed by the next step; read it before going on`));
    read ??= value.item();
    return read;
  };
}

/** Fails when a loss is no finite number. */
export function expectFinite(loss: number, index: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new TrainError(
    `train: the loss of step ${index} is ${loss}, and the parameters after it are lost; go back to a saved state, and lower the rate, warm up longer or clipByNorm(1)`,
  );
}
