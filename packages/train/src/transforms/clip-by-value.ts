import { elementwise, maximum, minimum, type Ternary } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import type { GradientTransform } from "../optimizers/optimizer.ts";
import { mapGradients } from "../trees.ts";

const clipped: Ternary = elementwise("clipByValue", (g, low, high) => minimum(maximum(g, low), high));

/** Brings each element of each gradient into [−max, max]. @throws TrainError unless `max` is above 0. */
export function clipByValue(max: number): GradientTransform<null> {
  if (!(max > 0)) throw new TrainError(`clipByValue: max must be above 0, got ${max}`);
  return {
    init: () => null,
    transform: (gradients) => ({ gradients: mapGradients(gradients, (gradient) => clipped(gradient, -max, max)), state: null }),
  };
}
