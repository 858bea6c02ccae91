import { add, div, type Elementwise, type Expression, elementwise, maximum, mul, sqrt, sub, type Tensor, type Ternary, zerosLike } from "@ashlar/tensor";
import { atLeast, belowOne, onlyKnown } from "../check.ts";
import { toSchedule } from "../schedules/schedule.ts";
import type { AdamOptions, Moments } from "./adam-w.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** Adam's moments and the largest second moment so far. */
export type LargestMoments = Moments & {
  /** The largest that each second moment has been. */
  readonly largest: Tensor;
};

type E = Expression;
const mean: Ternary = elementwise("amsGrad mean", (m, g, beta) => add(mul(beta, m), mul(sub(1, beta), g)));
const moved: Elementwise<[p: E, m: E, largest: E, rate: E, epsilon: E, c1: E, c2: E]> = elementwise("amsGrad", (p, m, largest, rate, epsilon, c1, c2) =>
  sub(p, div(mul(rate, div(m, c1)), add(sqrt(div(largest, c2)), epsilon))),
);

/**
 * Adam that divides by the largest second moment so far, Reddi et al. 2018, [arXiv 1904.09237](https://arxiv.org/abs/1904.09237), with the
 * bias corrections of PyTorch. For L2 regularisation chain it after `l2`.
 *
 * @throws TrainError for a setting out of its range.
 */
export function amsGrad(options: AdamOptions): Optimizer<SlotsByPath<LargestMoments>> {
  onlyKnown("amsGrad", options, ["rate", "beta1", "beta2", "epsilon"]);
  const { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  belowOne("amsGrad", "beta1", beta1);
  belowOne("amsGrad", "beta2", beta2);
  atLeast("amsGrad", "epsilon", epsilon);
  const rateAt = toSchedule("amsGrad", rate);
  return perParameter<LargestMoments>({
    name: "amsGrad",
    init: (parameter) => ({ first: zerosLike(parameter), second: zerosLike(parameter), largest: zerosLike(parameter) }),
    update(parameter, gradient, slots, { step }) {
      const first = mean(slots.first, gradient, beta1);
      const second = mean(slots.second, mul(gradient, gradient), beta2);
      const largest = maximum(slots.largest, second);
      const t = step + 1;
      return [moved(parameter, first, largest, rateAt(step), epsilon, 1 - beta1 ** t, 1 - beta2 ** t), { first, second, largest }];
    },
    rate: rateAt,
  });
}
