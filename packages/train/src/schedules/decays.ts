import { wholeNumber } from "../check.ts";
import type { Schedule } from "./schedule.ts";

/** How a rate falls. */
export interface DecayOptions {
  /** The rate at the start. */
  readonly peak: number;
  /** After how many steps the end is reached. */
  readonly steps: number;
  /** The rate at the end, and from there on. Default: 0. */
  readonly end?: number;
}

/** How a rate falls along a cosine. */
export interface CosineOptions extends DecayOptions {
  /** How many waves there are: half a wave goes down once. Default: 0.5. */
  readonly cycles?: number;
  /** What comes after the last step: the end's rate, or the wave going on, up again, as in Hugging Face's schedule. Default: `"hold"`. */
  readonly after?: "hold" | "wave";
}

const checked = (where: string, steps: number): void => wholeNumber(where, "steps", steps, 1);

/** Falls on a line: `peak + (end − peak) · min(1, step / steps)`. */
export function linear({ peak, steps, end = 0 }: DecayOptions): Schedule {
  checked("linear", steps);
  return (step) => end + (peak - end) * Math.max(0, 1 - step / steps);
}

/** Falls on a power of a line: `end + (peak − end) · (1 − step / steps)^power`. */
export function polynomial({ peak, steps, end = 0, power }: DecayOptions & { readonly power: number }): Schedule {
  checked("polynomial", steps);
  return (step) => end + (peak - end) * Math.max(0, 1 - step / steps) ** power;
}

/** Falls along a cosine, Loshchilov & Hutter 2017: `end + (peak − end) · ½(1 + cos(2π · cycles · step / steps))`. */
export function cosine({ peak, steps, end = 0, cycles = 0.5, after = "hold" }: CosineOptions): Schedule {
  checked("cosine", steps);
  return (step) => {
    const progress = after === "hold" ? Math.min(1, step / steps) : step / steps;
    return end + (peak - end) * Math.max(0, 0.5 * (1 + Math.cos(2 * Math.PI * cycles * progress)));
  };
}

/** Falls along a cosine several times, each time from the peak, Loshchilov & Hutter 2017, [arXiv 1608.03983](https://arxiv.org/abs/1608.03983). */
export function cosineRestarts({ peak, steps, end = 0, restarts }: DecayOptions & { readonly restarts: number }): Schedule {
  checked("cosineRestarts", steps);
  return (step) => {
    const progress = step / steps;
    return progress >= 1 ? end : end + (peak - end) * 0.5 * (1 + Math.cos(Math.PI * ((restarts * progress) % 1)));
  };
}
