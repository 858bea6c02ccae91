import { atLeast } from "../check.ts";
import { TrainError } from "../errors.ts";
import type { Schedule } from "./schedule.ts";

/** Falls with the root of the steps: `peak · √(timescale / (step + timescale))`; halved after three timescales. Never ends. */
export function inverseSquareRoot({ peak, timescale = 10_000 }: { readonly peak: number; readonly timescale?: number }): Schedule {
  if (!(timescale > 0)) throw new TrainError(`inverseSquareRoot: timescale must be above 0, got ${timescale}`);
  return (step) => peak / Math.sqrt((step + timescale) / timescale);
}

/** T5's rate for pretraining, Raffel et al. 2020 §3.1.2: `1 / √max(step, hold)`; no warmup, the same for the first `hold` steps. */
export function t5Schedule({ hold = 10_000 }: { readonly hold?: number } = {}): Schedule {
  atLeast("t5Schedule", "hold", hold, 1);
  return (step) => 1 / Math.sqrt(Math.max(step, hold));
}

/** The first transformer's rate, Vaswani et al. 2017 §5.3: `dim^−½ · min(n^−½, n · warmup^−1.5)` with n counted from 1. */
export function noam({ dim, warmup }: { readonly dim: number; readonly warmup: number }): Schedule {
  atLeast("noam", "dim", dim, 1);
  atLeast("noam", "warmup", warmup, 1);
  return (step) => dim ** -0.5 * Math.min((step + 1) ** -0.5, (step + 1) * warmup ** -1.5);
}
