import { CliError } from "../console/error.ts";
import { bySeconds, bySteps, type Pace } from "./pace.ts";

/** A part of a stage that trains, and its share of the stage's time. */
export type Phases = Readonly<Record<string, number>>;

/** What the demo may spend. */
export interface BudgetOptions {
  /** Minutes of training, all stages that run together. Default: one for each of them. */
  readonly minutes?: number;
  /** Steps of every phase, instead of minutes: with one seed, the same numbers in every run. */
  readonly steps?: number;
}

/** Gives each phase of each stage its pace. */
export interface Budget {
  /** What a phase of a stage may spend. @throws RangeError for one that is not known. */
  pace(stage: string, phase: string): Pace;
  /** Seconds of all phases together; undefined when steps are counted. */
  readonly seconds: number | undefined;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * Parts the time among the stages that run, and in each among its phases, by their shares.
 *
 * @throws CliError when both minutes and steps are given, or one is not above 0.
 */
export function budget(stages: Readonly<Record<string, { readonly share: number; readonly phases: Phases }>>, { minutes, steps }: BudgetOptions = {}): Budget {
  if (minutes !== undefined && steps !== undefined) throw new CliError("demo: give --minutes or --steps, not both");
  if (minutes !== undefined && !(minutes > 0 && Number.isFinite(minutes))) throw new CliError(`demo: --minutes must be above 0, got ${minutes}`);
  if (steps !== undefined && !(Number.isSafeInteger(steps) && steps > 0))
    throw new CliError(`demo: --steps must be a whole number of at least 1, got ${steps}`);
  const list = Object.values(stages);
  const seconds = steps === undefined ? 60 * (minutes ?? list.length) : undefined;
  return {
    seconds,
    pace(name, phase) {
      const stage = stages[name];
      const share = stage?.phases[phase];
      if (!stage || share === undefined) throw new RangeError(`budget: there is no phase ${phase} of ${name}`);
      if (seconds === undefined) return bySteps(steps as number);
      return bySeconds((seconds * stage.share * share) / sum(list.map((each) => each.share)) / sum(Object.values(stage.phases)));
    },
  };
}
