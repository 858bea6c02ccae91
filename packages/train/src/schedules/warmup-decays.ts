import { wholeNumber } from "../check.ts";
import { TrainError } from "../errors.ts";
import { type CosineOptions, cosine, type DecayOptions, linear } from "./decays.ts";
import type { Schedule } from "./schedule.ts";
import { warmup } from "./warmup.ts";

/** How a rate rises and falls. */
export interface WarmupOptions {
  /** How many steps the rate rises from 0 to the peak. */
  readonly warmup: number;
}

function after(where: string, rise: number, steps: number): number {
  wholeNumber(where, "warmup", rise);
  if (!(steps > rise)) throw new TrainError(`${where}: steps (${steps}) must be more than warmup (${rise}); steps counts the whole run`);
  return steps - rise;
}

/** Rises to the peak, then falls along a cosine to the end at `steps`, counted from the start of the run. */
export function warmupCosine({ warmup: rise, steps, ...rest }: CosineOptions & WarmupOptions): Schedule {
  return warmup(rise, cosine({ ...rest, steps: after("warmupCosine", rise, steps) }));
}

/** Rises to the peak, then falls on a line to the end at `steps`, counted from the start of the run. */
export function warmupLinear({ warmup: rise, steps, ...rest }: DecayOptions & WarmupOptions): Schedule {
  return warmup(rise, linear({ ...rest, steps: after("warmupLinear", rise, steps) }));
}
