import {
  add,
  div,
  type Elementwise,
  type Expression,
  elementwise,
  maximum,
  mean,
  mul,
  rsqrt,
  sub,
  type Tensor,
  type Ternary,
  type Unary,
  zerosLike,
} from "@ashlar/tensor";
import { atLeast, belowOne, onlyKnown } from "../check.ts";
import { relativeStep } from "../schedules/relative-step.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import { everything, type ParameterFilter } from "./decay-mask.ts";
import { type FactoredMoments, factoredZeros, mixedIn, outer, rootMeanSquare } from "./factored.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** What Adafactor remembers: factored second moments, and a first moment where it has one. */
export type AdafactorSlots = FactoredMoments & {
  /** The running mean of the updates; null without `beta1`. */
  readonly first: Tensor | null;
};

/** How Adafactor steps. */
export interface AdafactorOptions {
  /** The learning rate: a number, or a schedule. Default: `relativeStep()`, min(0.01, 1 / √t). */
  readonly rate?: number | Schedule;
  /** Steps in proportion to the size of the parameter: the rate is multiplied by max(`smallest`, its root mean square). Default: true. */
  readonly scaled?: boolean;
  /** The least size a parameter counts as when steps are scaled. Default: 1e-3. */
  readonly smallest?: number;
  /** Added to the squared gradients. Default: 1e-30. */
  readonly epsilon?: number;
  /** The largest root mean square of an update, before the rate. Default: 1. */
  readonly clip?: number;
  /** How fast the second moments come to rest: at step t they keep `1 − t^−power`. Default: 0.8. */
  readonly power?: number;
  /** The running mean of updates; left out, there is none and no memory for it. */
  readonly beta1?: number;
  /** The decoupled weight decay, in proportion to the scaled rate. Default: 0. */
  readonly decay?: number;
  /** Which parameters decay. Default: `everything`. */
  readonly mask?: ParameterFilter;
}

type E = Expression;
const squared: Elementwise<[g: E, epsilon: E]> = elementwise("adafactor squares", (g, epsilon) => add(mul(g, g), epsilon));
const rootOf: Unary = elementwise("adafactor root", (x) => rsqrt(x));
const factoredUpdate: Ternary = elementwise("adafactor update", (g, row, column) => mul(g, mul(rsqrt(row), rsqrt(column))));
const step: Elementwise<[u: E, size: E, clip: E, scale: E, rate: E]> = elementwise("adafactor step", (u, size, clip, scale, rate) =>
  mul(div(u, maximum(div(size, clip), 1)), mul(scale, rate)),
);
const mixed: Ternary = elementwise("adafactor momentum", (m, u, beta) => add(mul(beta, m), mul(sub(1, beta), u)));
const moved: Elementwise<[p: E, u: E, scale: E, decay: E]> = elementwise("adafactor", (p, u, scale, decay) => sub(sub(p, mul(p, mul(scale, decay))), u));

function direction(gradient: Tensor, { rows, columns, second }: FactoredMoments): Tensor {
  if (rows && columns) return factoredUpdate(gradient, ...outer(div(rows, mean(rows, -1, { keepAxes: true })), columns));
  return mul(rootOf(second as Tensor), gradient);
}

/**
 * Adafactor, Shazeer & Stern 2018, [arXiv 1804.04235](https://arxiv.org/abs/1804.04235), as T5 was trained with it and as Hugging Face has
 * it: the second moments of a matrix are kept as one number a row and one a column, updates are clipped by their root mean square, and steps
 * are in proportion to the parameter. `adafactorTorch` is PyTorch's rule, which differs.
 *
 * @throws TrainError for a setting out of its range.
 *
 * @example
 * ```ts
 * import { adafactor } from "@ashlar/train";
 * const t5 = adafactor({}); // the rate falls with 1 / √t
 * const fineTuning = adafactor({ rate: 1e-3, scaled: false });
 * ```
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer<SlotsByPath<AdafactorSlots>> {
  onlyKnown("adafactor", options, ["rate", "scaled", "smallest", "epsilon", "clip", "power", "beta1", "decay", "mask"]);
  const { rate = relativeStep(), scaled = true, smallest = 1e-3, epsilon = 1e-30, clip = 1, power = 0.8, beta1, decay = 0, mask = everything } = options;
  for (const [name, value] of Object.entries({ smallest, epsilon, clip, power, decay })) atLeast("adafactor", name, value);
  if (beta1 !== undefined) belowOne("adafactor", "beta1", beta1);
  const rateAt = toSchedule("adafactor", rate);
  return perParameter<AdafactorSlots>({
    name: "adafactor",
    init: (parameter) => ({ ...factoredZeros(parameter), first: beta1 === undefined ? null : zerosLike(parameter) }),
    update(parameter, gradient, slots, { step: before, path }) {
      const scale = scaled ? maximum(rootMeanSquare(parameter), smallest) : 1;
      const moments = mixedIn(slots, squared(gradient, epsilon), (before + 1) ** -power);
      const unclipped = direction(gradient, moments);
      const now = rateAt(before);
      const update = step(unclipped, rootMeanSquare(unclipped), clip, scale, now);
      const first = slots.first && beta1 !== undefined ? mixed(slots.first, update, beta1) : null;
      const decayed = mask(path, parameter.shape) ? decay * now : 0;
      return [moved(parameter, first ?? update, scale, decayed), { ...moments, first }];
    },
    rate: rateAt,
  });
}
