import { add, type Elementwise, type Expression, elementwise, mul, sign, sub, type Tensor, type Ternary, zerosLike } from "@ashlar/tensor";
import { atLeast, belowOne, onlyKnown } from "../check.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import { matrices, type ParameterFilter } from "./decay-mask.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** How Lion steps. */
export interface LionOptions {
  /** The learning rate: a number, or a schedule; three to ten times smaller than AdamW's. */
  readonly rate: number | Schedule;
  /** How much the momentum counts in the direction of a step. Default: 0.9. */
  readonly beta1?: number;
  /** How slowly the momentum moves. Default: 0.99. */
  readonly beta2?: number;
  /** The decoupled weight decay. Default: 0. */
  readonly decay?: number;
  /** Which parameters decay. Default: `matrices`. */
  readonly mask?: ParameterFilter;
}

/** The running mean of the gradients. */
export type Momentum = {
  /** m. */
  readonly momentum: Tensor;
};

type E = Expression;
const moved: Elementwise<[p: E, m: E, g: E, rate: E, beta: E, decay: E]> = elementwise("lion", (p, m, g, rate, beta, decay) =>
  sub(p, mul(rate, add(sign(add(mul(beta, m), mul(sub(1, beta), g))), mul(decay, p)))),
);
const mean: Ternary = elementwise("lion momentum", (m, g, beta) => add(mul(beta, m), mul(sub(1, beta), g)));

/**
 * Lion, Chen et al. 2023, [arXiv 2302.06675](https://arxiv.org/abs/2302.06675): `p ← p − rate·(sign(β₁m + (1 − β₁)g) + decay·p)`, then
 * `m ← β₂m + (1 − β₂)g`.
 *
 * @throws TrainError for a setting out of its range.
 */
export function lion(options: LionOptions): Optimizer<SlotsByPath<Momentum>> {
  onlyKnown("lion", options, ["rate", "beta1", "beta2", "decay", "mask"]);
  const { rate, beta1 = 0.9, beta2 = 0.99, decay = 0, mask = matrices } = options;
  belowOne("lion", "beta1", beta1);
  belowOne("lion", "beta2", beta2);
  atLeast("lion", "decay", decay);
  const rateAt = toSchedule("lion", rate);
  return perParameter<Momentum>({
    name: "lion",
    init: (parameter) => ({ momentum: zerosLike(parameter) }),
    update(parameter, gradient, { momentum }, { step, path }) {
      const decayed = mask(path, parameter.shape) ? decay : 0;
      return [moved(parameter, momentum, gradient, rateAt(step), beta1, decayed), { momentum: mean(momentum, gradient, beta2) }];
    },
    rate: rateAt,
  });
}
