import { add, type Elementwise, type Expression, elementwise, mul, sub, type Tensor, type Ternary } from "@ashlar/tensor";
import { belowOne, onlyKnown } from "../check.ts";
import { TrainError } from "../errors.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** How gradient descent steps. */
export interface SgdOptions {
  /** The learning rate: a number, or a schedule. */
  readonly rate: number | Schedule;
  /** How much of the velocity stays from step to step. Default: 0. */
  readonly momentum?: number;
  /** Looks ahead along the velocity, Nesterov 1983. Default: false. */
  readonly nesterov?: boolean;
  /** How much of each gradient the velocity leaves out, from the second step on. Default: 0. */
  readonly dampening?: number;
}

/** The running sum of the gradients: null without momentum, and before the first step. */
export type Velocity = {
  /** b. */
  readonly velocity: Tensor | null;
};

type E = Expression;
const descend: Ternary = elementwise("sgd", (p, direction, rate) => sub(p, mul(rate, direction)));
const gather: Elementwise<[b: E, g: E, momentum: E, share: E]> = elementwise("sgd velocity", (b, g, momentum, share) => add(mul(momentum, b), mul(share, g)));
const ahead: Ternary = elementwise("sgd nesterov", (g, b, momentum) => add(g, mul(momentum, b)));

/**
 * Gradient descent, with momentum: `b ← momentum·b + (1 − dampening)·g` (the first b is the first g), `p ← p − rate·b`, or with Nesterov's
 * look ahead `p ← p − rate·(g + momentum·b)`. PyTorch's form: the rate stays outside the velocity. For L2 regularisation chain it after `l2`.
 *
 * @throws TrainError for a setting out of its range, or Nesterov without momentum or with dampening.
 */
export function sgd(options: SgdOptions): Optimizer<SlotsByPath<Velocity>> {
  onlyKnown("sgd", options, ["rate", "momentum", "nesterov", "dampening"]);
  const { rate, momentum = 0, nesterov = false, dampening = 0 } = options;
  belowOne("sgd", "momentum", momentum);
  if (nesterov && (momentum === 0 || dampening !== 0)) throw new TrainError("sgd: nesterov needs a momentum above 0 and a dampening of 0");
  const rateAt = toSchedule("sgd", rate);
  return perParameter<Velocity>({
    name: "sgd",
    init: () => ({ velocity: null }),
    update(parameter, gradient, { velocity: before }, { step }) {
      if (momentum === 0) return [descend(parameter, gradient, rateAt(step)), { velocity: null }];
      const velocity = before ? gather(before, gradient, momentum, 1 - dampening) : gradient;
      const direction = nesterov ? ahead(gradient, velocity, momentum) : velocity;
      return [descend(parameter, direction, rateAt(step)), { velocity }];
    },
    rate: rateAt,
  });
}
