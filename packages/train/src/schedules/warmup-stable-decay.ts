import { wholeNumber } from "../check.ts";
import type { Schedule } from "./schedule.ts";

/** How far a rate has fallen when a part of the way down is gone: 0 gives 1, 1 gives 0. */
export type DecayShape = (progress: number) => number;

/** On a line. */
export const lineShape: DecayShape = (progress) => 1 - progress;

/** Along half a cosine. */
export const cosineShape: DecayShape = (progress) => 0.5 * (1 + Math.cos(Math.PI * progress));

/** Fast at first: 1 − √progress. */
export const rootShape: DecayShape = (progress) => 1 - Math.sqrt(progress);

/** Three phases of a rate. */
export interface WarmupStableDecayOptions {
  /** The rate of the middle. */
  readonly peak: number;
  /** Steps of the rise. */
  readonly warmup: number;
  /** Steps in the middle. */
  readonly stable: number;
  /** Steps of the fall. */
  readonly decay: number;
  /** The rate of the very first step and of the end. Default: 0. */
  readonly end?: number;
  /** The fall, backwards, is the rise. Default: `lineShape`. */
  readonly rise?: DecayShape;
  /** The fall. Default: `lineShape`. */
  readonly fall?: DecayShape;
}

/**
 * Rises, stays, falls, Hu et al. 2024, [arXiv 2404.06395](https://arxiv.org/abs/2404.06395): the middle can be prolonged later, and the fall
 * begun from any of its checkpoints.
 *
 * @throws TrainError unless the phases are whole numbers of steps.
 */
export function warmupStableDecay(options: WarmupStableDecayOptions): Schedule {
  const { peak, warmup, stable, decay, end = 0, rise = lineShape, fall = lineShape } = options;
  for (const [name, steps] of Object.entries({ warmup, stable, decay })) wholeNumber("warmupStableDecay", name, steps);
  return (step) => {
    if (step < warmup) return end + (peak - end) * rise(1 - step / warmup);
    if (step < warmup + stable) return peak;
    const fallen = step - warmup - stable;
    return fallen < decay ? end + (peak - end) * fall(fallen / decay) : end;
  };
}
