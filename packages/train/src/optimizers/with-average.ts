import { add, copy, elementwise, mul, scoped, sub, type Tensor, type Ternary, tensors, zerosLike } from "@ashlar/tensor";
import { belowOne, onlyKnown } from "../check.ts";
import { TrainError } from "../errors.ts";
import { GivenUp } from "../release.ts";
import { distinct, mapParameters } from "../trees.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/** How parameters are averaged over a run. */
export interface AverageOptions {
  /** How much of the average stays at each step. Default: 0.999. */
  readonly decay?: number;
  /** Where the average begins: at the first parameters, or at zero with the bias divided out, as in Adam. Default: `"parameters"`. */
  readonly start?: "parameters" | "zero";
  /** Follows faster at first: step t (from 0) keeps `min(decay, (1 + t) / (10 + t))`. Default: false. */
  readonly warmup?: boolean;
}

/** The state of an optimizer that also averages. */
export type AveragedState<State> = {
  /** The state of the optimizer inside. */
  readonly optimizer: State;
  /** The averages, by path. */
  readonly average: { readonly [path: string]: Tensor };
  /** By what to divide them. */
  readonly weight: number;
};

/** An optimizer that also averages the parameters it makes. */
export interface AveragingOptimizer<State extends OptimizerState> extends Optimizer<AveragedState<State>> {
  /** The averaged parameters, in memory of their own: a tree like the parameters, for evaluating and saving. */
  average<Params>(params: Params, state: AveragedState<State>): Params;
}

const mixed: Ternary = elementwise("average", (average, now, keep) => add(mul(keep, average), mul(sub(1, keep), now)));

/**
 * Keeps an exponential moving average of the parameters beside an optimizer, Polyak & Juditsky 1992: `a ← decay·a + (1 − decay)·p` after
 * every step. The average is part of the state, so it is saved and resumed with it.
 *
 * @throws TrainError for a decay outside [0, 1).
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { mul, sum, tensor } from "@ashlar/tensor";
 * import { sgd, train, withAverage } from "@ashlar/train";
 * const optimizer = withAverage(sgd({ rate: 0.1 }), { decay: 0.9 });
 * const params = { x: tensor([1, 2], { device: reference() }) };
 * for await (const step of train({ params, optimizer, batches: [1, 2, 3], loss: ({ x }) => sum(mul(x, x)) })) {
 *   const smooth = optimizer.average(step.params, step.state.optimizer);
 *   console.log(await smooth.x.data());
 * }
 * ```
 */
export function withAverage<State extends OptimizerState>(optimizer: Optimizer<State>, options: AverageOptions = {}): AveragingOptimizer<State> {
  onlyKnown("withAverage", options, ["decay", "start", "warmup"]);
  const { decay = 0.999, start = "parameters", warmup = false } = options;
  belowOne("withAverage", "decay", decay);
  const fromZero = start === "zero";
  const keepAt = (step: number): number => (warmup ? Math.min(decay, (1 + step) / (10 + step)) : decay);
  const floats = (params: unknown): [string, Tensor][] => distinct(params).filter(([, { dtype }]) => dtype === "float32");
  return {
    init: (params) => ({
      optimizer: optimizer.init(params),
      average: Object.fromEntries(floats(params).map(([path, parameter]) => [path, fromZero ? zerosLike(parameter) : copy(parameter)])),
      weight: fromZero ? 0 : 1,
    }),
    update(gradients, { optimizer: inner, average, weight }, params, context) {
      const updated = optimizer.update(gradients, inner, params, context);
      const keep = keepAt(context.step);
      const given = new GivenUp(context.donate ? tensors(average) : []);
      const next = floats(updated.params).map(([path, parameter]): [string, Tensor] => {
        const before = average[path];
        if (!before) throw new TrainError(`withAverage: the state has no average of "${path}"; was it made for other parameters?`);
        const now = scoped(() => mixed(before, parameter, keep));
        if (context.donate) given.done([before], now);
        return [path, now];
      });
      return { ...updated, state: { optimizer: updated.state, average: Object.fromEntries(next), weight: fromZero ? keep * weight + 1 - keep : 1 } };
    },
    average: (params, { average, weight }) =>
      mapParameters(params, (parameter, path) => (average[path] && weight > 0 ? mul(average[path], 1 / weight) : copy(parameter))),
    ...(optimizer.rate && { rate: (step) => optimizer.rate?.(step) ?? Number.NaN }),
  };
}
