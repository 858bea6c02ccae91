import { wholeNumber } from "../check.ts";
import type { Schedule } from "./schedule.ts";

/**
 * Rises on a line from 0 to the first rate of another schedule, which then begins: step s of `steps` has `s / steps` of it. The very first
 * update has rate 0 (moments still move), as in Hugging Face's schedules.
 *
 * @throws TrainError unless `steps` is a whole number.
 *
 * @example
 * ```ts
 * import { inverseSquareRoot, warmup } from "@ashlar/train";
 * const rate = warmup(1000, inverseSquareRoot({ peak: 1e-3, timescale: 1000 }));
 * console.log(rate(0), rate(500), rate(1000), rate(4000)); // 0, 0.0005, 0.001, 0.0005
 * ```
 */
export function warmup(steps: number, then: Schedule): Schedule {
  wholeNumber("warmup", "steps", steps);
  return (step) => (step < steps ? (then(0) * step) / steps : then(step - steps));
}
