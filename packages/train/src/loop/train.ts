import { contiguous, copy, type Random, random as randomFrom, scoped } from "@ashlar/tensor";
import { onlyKnown, wholeNumber } from "../check.ts";
import { TrainError } from "../errors.ts";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer.ts";
import { release } from "../release.ts";
import { mapParameters } from "../trees.ts";
import { advance } from "./advance.ts";
import { expectFinite, type Loss, type RunState, reader, type Step } from "./step.ts";
import { type BatchSource, openStream } from "./stream.ts";
import { turns } from "./turn.ts";

/** What a new run is about to do. */
export interface FirstStep<Params, Batch, Extra> {
  /** The parameters. */
  readonly params: Params;
  /** The first batch. */
  readonly batch: Batch;
  /** The loss. */
  readonly loss: Loss<Params, Batch, Extra>;
}

/** Looks at a new run before its first step, and throws to refuse it. */
export type Check<Params, Batch, Extra = undefined> = (first: FirstStep<Params, Batch, Extra>) => unknown;

/** What every run is made of, new or resumed. */
export interface RunOptions<Params, Batch, Extra, State extends OptimizerState, Position> {
  /** Turns gradients into new parameters. */
  readonly optimizer: Optimizer<State>;
  /**
   * The batches, or a function that makes them from where they stood. Plain host data is best: what a loss uploads is freed with its step. A
   * resumed run gives the function what the batches' `state()` said; batches without one are drawn and dropped up to there.
   */
  readonly batches: BatchSource<Batch, Position>;
  /** The loss of a batch. */
  readonly loss: Loss<Params, Batch, Extra>;
  /** How many steps the run has, those before a resumption counted. Default: until the batches end. */
  readonly steps?: number;
  /** How many batches make one step, their gradients averaged by `weight`. The last step may have fewer. Default: 1. */
  readonly accumulate?: number;
  /** How much a batch counts beside the others of its step: its number of tokens, say. Default: all count the same. */
  readonly weight?: (batch: Batch) => number;
  /** Ends the run before its next step, as `break` does. */
  readonly signal?: AbortSignal;
  /** Whether the tensors given are given up, which saves a copy of them: they can't be used again. Default: false. */
  readonly donate?: boolean;
  /** After how many steps the run itself looks whether the loss is finite; 0: only where it is read. Default: 10. */
  readonly checkEvery?: number;
  /**
   * Looks at a new run's parameters, first batch and loss before its first step, and throws to refuse it: `checkObjective` of `@ashlar/models`
   * does where a loss sees what it is to predict. A resumed run isn't checked again. Default: none.
   */
  readonly check?: Check<Params, Batch, Extra>;
}

/** A new run, or the continuation of one. */
export type TrainOptions<Params, Batch, Extra = undefined, State extends OptimizerState = OptimizerState, Position = unknown> = RunOptions<
  Params,
  Batch,
  Extra,
  State,
  Position
> &
  (NewRun<Params> | ResumedRun<Params, State>);

/** Where a new run begins. */
export interface NewRun<Params> {
  /** The parameters: a tree of tensors. They are copied, and stay as they are, unless `donate` says otherwise. */
  readonly params: Params;
  /** The source of the random numbers that losses are handed. Default: `random(0)`. */
  readonly random?: Random;
  /** A new run has none. */
  readonly state?: never;
}

/** Where a resumed run goes on. */
export interface ResumedRun<Params, State extends OptimizerState> {
  /** The state of an earlier run: that of a step, or a restored one. */
  readonly state: RunState<Params, State>;
  /** They are in the state. */
  readonly params?: never;
  /** It is in the state. */
  readonly random?: never;
}

const known = ["params", "random", "state", "optimizer", "batches", "loss", "steps", "accumulate", "weight", "signal", "donate", "checkEvery", "check"];

/**
 * Trains: each turn of the loop is one step. Draw batches, go back through the loss, let the optimizer make new parameters, free the rest.
 *
 * The tensors of a step (`params`, `state`, `extras`) live until the next one begins, which writes over them where the device can. Those of the
 * last step stay, however the loop was left: by its end, `break`, an error in its body, or `signal`. One seed gives one run: each step and
 * batch has random numbers of its own, so a resumed run makes the very steps that the uninterrupted one would have.
 *
 * A loss that is not finite is a `TrainError` naming the step, when it is read or every `checkEvery` steps.
 *
 * @throws TrainError for options that are unknown, out of range or contradict each other, and when there are no batches.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { mean, mul, sub, tensor } from "@ashlar/tensor";
 * import { adamW, train } from "@ashlar/train";
 * const device = reference();
 * const params = { slope: tensor(0, { device }), offset: tensor(0, { device }) };
 * const batches = [[[0, 1], [1, 3]], [[2, 5], [3, 7]]];
 * const run = train({
 *   params,
 *   optimizer: adamW({ rate: 0.1 }),
 *   batches,
 *   loss: ({ slope, offset }, points) => {
 *     const [x, y] = [0, 1].map((axis) => tensor(points.map((point) => point[axis]!), { device }));
 *     const error = sub(sub(mul(slope, x!), y!), mul(offset, -1));
 *     return mean(mul(error, error));
 *   },
 * });
 * for await (const step of run) console.log(step.index, await step.loss());
 * ```
 */
export function train<Params, Batch, Extra = undefined, State extends OptimizerState = OptimizerState, Position = unknown>(
  options: TrainOptions<Params, Batch, Extra, State, Position>,
): AsyncGenerator<Step<Params, Extra, State>, void, undefined> {
  onlyKnown("train", options, known);
  const { steps, accumulate = 1, checkEvery = 10, state, params, random } = options;
  if ((state === undefined) === (params === undefined)) throw new TrainError("train: give params for a new run, or state for a resumed one");
  if (state && random) throw new TrainError("train: a resumed run has its random numbers in its state; leave random out");
  if (steps !== undefined) wholeNumber("train", "steps", steps);
  wholeNumber("train", "accumulate", accumulate, 1);
  wholeNumber("train", "checkEvery", checkEvery);
  return run(options, { steps: steps ?? Number.POSITIVE_INFINITY, accumulate, checkEvery });
}

interface Counts {
  readonly steps: number;
  readonly accumulate: number;
  readonly checkEvery: number;
}

async function* run<Params, Batch, Extra, State extends OptimizerState, Position>(
  options: TrainOptions<Params, Batch, Extra, State, Position>,
  { steps, accumulate, checkEvery }: Counts,
): AsyncGenerator<Step<Params, Extra, State>, void, undefined> {
  const { optimizer, loss, weight = () => 1, signal, check } = options;
  const start = options.state?.step ?? 0;
  const source = options.state ? randomFrom(options.state.random) : (options.random ?? randomFrom(0));
  const take = turns();
  const stream = await openStream(options.batches, options.state?.data);
  try {
    let { params, state } = scoped(() => begun(options));
    let last: unknown = null;
    for (let step = start; step < steps; step++) {
      await take();
      if (signal?.aborted) return;
      const batches = await stream.take(accumulate);
      if (batches.length === 0 && step === 0) throw new TrainError("train: there are no batches; is the data set empty, or its iterator used up?");
      if (batches.length === 0 || signal?.aborted) return;
      if (step === 0) await check?.({ params, batch: batches[0] as Batch, loss });
      release(last, { keep: [params, state], by: "the next step" });
      const work = { params, state, optimizer, loss, batches, shares: sharesOf(batches.map(weight)), random: source.split("step").split(step), step };
      const made = scoped(() => advance(work));
      release([params, state], { keep: made, by: "the next step" });
      ({ params, state } = made);
      last = [made.loss, made.gradientNorm, made.extras];

      const read = reader(made.loss, "loss", step);
      const norm = made.gradientNorm && reader(made.gradientNorm, "gradient norm", step);
      const finite = async (): Promise<number> => expectFinite(await read(), step);
      if (checkEvery > 0 && (step + 1) % checkEvery === 0) await finite();
      yield {
        index: step,
        rate: optimizer.rate?.(step),
        params,
        state: { params, optimizer: state, step: step + 1, random: source.state, data: stream.position() },
        extras: made.extras,
        batches: batches.length,
        loss: finite,
        gradientNorm: async () => norm?.(),
      };
    }
  } finally {
    await stream.close();
  }
}

/** Parameters and optimizer state that are the run's own. */
function begun<Params, Batch, Extra, State extends OptimizerState, Position>(
  options: TrainOptions<Params, Batch, Extra, State, Position>,
): { params: Params; state: State } {
  // a step writes over what lies row by row in all of its memory: a matrix that was read as its checkpoint has it is turned around first
  const given = <T>(tree: T): T => {
    const rows = mapParameters(tree, contiguous);
    release(tree, { keep: rows, by: "train, which it was given to" });
    return rows;
  };
  const own = <T>(tree: T): T => (options.donate ? given(tree) : mapParameters(tree, copy));
  if (options.state) return { params: own(options.state.params), state: own(options.state.optimizer) };
  const params = own(options.params);
  return { params, state: options.optimizer.init(params) };
}

function sharesOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0 && Number.isFinite(total) && weights.every((weight) => weight >= 0)))
    throw new TrainError(`train: the weights of a step's batches must be at least 0 and not all 0, got ${weights.join(", ")}`);
  return weights.map((weight) => weight / total);
}
