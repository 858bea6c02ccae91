import { div, type Elementwise, type Expression, elementwise, maximum, mean, mul, rsqrt, sub, type Tensor } from "@ashlar/tensor";
import { atLeast, onlyKnown } from "../check.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import { everything, type ParameterFilter } from "./decay-mask.ts";
import { type FactoredMoments, factoredZeros, mixedIn, outer, rootMeanSquare } from "./factored.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** How PyTorch's Adafactor steps. */
export interface AdafactorTorchOptions {
  /** The most that the relative rate `min(rate, 1 / √t)` may be: a number, or a schedule. Default: 0.01. */
  readonly rate?: number | Schedule;
  /** The least size a parameter counts as. Default: 1e-3. */
  readonly smallest?: number;
  /** The second moments count as at least its square. Default: float32's, 2⁻²³. */
  readonly epsilon?: number;
  /** The largest root mean square of an update, before the rate. Default: 1. */
  readonly clip?: number;
  /** How fast the second moments come to rest: at step t they keep `1 − t^−power`. Default: 0.8. */
  readonly power?: number;
  /** The decoupled weight decay, in proportion to the plain rate. Default: 0. */
  readonly decay?: number;
  /** Which parameters decay. Default: `everything`. */
  readonly mask?: ParameterFilter;
}

type E = Expression;
const square: Elementwise<[g: E]> = elementwise("adafactor squares", (g) => mul(g, g));
const update: Elementwise<[g: E, row: E, column: E, level: E, epsilon: E]> = elementwise("adafactor update", (g, row, column, level, epsilon) =>
  mul(g, rsqrt(maximum(div(mul(row, column), maximum(level, epsilon)), mul(epsilon, epsilon)))),
);
const plainUpdate: Elementwise<[g: E, second: E, epsilon: E]> = elementwise("adafactor update", (g, second, epsilon) =>
  mul(g, rsqrt(maximum(second, mul(epsilon, epsilon)))),
);
const moved: Elementwise<[p: E, u: E, keep: E, rate: E, size: E, clip: E]> = elementwise("adafactor", (p, u, keep, rate, size, clip) =>
  sub(mul(p, keep), mul(u, div(rate, maximum(div(size, clip), 1)))),
);

function direction(gradient: Tensor, { rows, columns, second }: FactoredMoments, epsilon: number): Tensor {
  if (!rows || !columns) return plainUpdate(gradient, second as Tensor, epsilon);
  const [row, column] = outer(rows, columns);
  return update(gradient, row, column, mean(row, -2, { keepAxes: true }), epsilon);
}

/**
 * Adafactor as `torch.optim.Adafactor` has it. Unlike `adafactor`: the rate is `min(rate, 1 / √t)` and always scaled by the parameter's size,
 * epsilon bounds the second moments from below, and the decay follows the plain rate.
 *
 * @throws TrainError for a setting out of its range.
 */
export function adafactorTorch(options: AdafactorTorchOptions = {}): Optimizer<SlotsByPath<FactoredMoments>> {
  onlyKnown("adafactorTorch", options, ["rate", "smallest", "epsilon", "clip", "power", "decay", "mask"]);
  const { rate = 0.01, smallest = 1e-3, epsilon = 2 ** -23, clip = 1, power = 0.8, decay = 0, mask = everything } = options;
  for (const [name, value] of Object.entries({ smallest, epsilon, clip, power, decay })) atLeast("adafactorTorch", name, value);
  const rateAt = toSchedule("adafactorTorch", rate);
  return perParameter<FactoredMoments>({
    name: "adafactorTorch",
    init: factoredZeros,
    update(parameter, gradient, slots, { step: before, path }) {
      const t = before + 1;
      const now = rateAt(before);
      const scaledRate = mul(maximum(rootMeanSquare(parameter), smallest), Math.min(now, 1 / Math.sqrt(t)));
      const moments = mixedIn(slots, square(gradient), t ** -power);
      const unclipped = direction(gradient, moments, epsilon);
      const keep = mask(path, parameter.shape) ? 1 - now * decay : 1;
      return [moved(parameter, unclipped, keep, scaledRate, rootMeanSquare(unclipped), clip), moments];
    },
    rate: rateAt,
  });
}
