import { counted } from "../console/amounts.ts";
import { duration } from "../console/duration.ts";
import { type Progress, progress } from "../console/progress.ts";
import { type Output, say } from "../console/terminal.ts";
import type { Recipe } from "../recipe/recipe.ts";
import type { Outcome, Report, StepReport } from "./run-session.ts";

/** A report that also hears of the end. */
export interface FullReport extends Report {
  /** Training has ended. */
  end(outcome: Outcome): void;
  /** Nothing more will come, whatever happened. */
  close(): void;
}

/** Progress for people: a bar, or lines in a pipe. */
export function reportForPeople(
  output: Output,
  { steps, minutes = 0, objective }: Recipe,
  from: { readonly step: number; readonly seconds: number },
): FullReport {
  const bar: Progress = progress({
    label: objective.name,
    total: steps === undefined ? { seconds: 60 * minutes } : { steps },
    from: steps === undefined ? from.seconds : from.step,
    output,
  });
  let note = "";
  return {
    step({ step, loss, tokensPerSecond, seconds }: StepReport) {
      bar.update({ done: steps === undefined ? seconds : step, loss, tokensPerSecond, note });
    },
    valid({ metrics }) {
      note = `valid ${metrics["valid loss"]?.toFixed(3)}`;
    },
    saved() {},
    end({ step, seconds, metrics }) {
      const measured = Object.entries(metrics).map(([name, value]) => `${name} ${value.toFixed(3)}`);
      bar.end([`${counted(step, "step")} in ${duration(seconds)}`, ...measured].join(" · "));
    },
    close: () => bar.end(),
  };
}

/** A line of JSON for each event. */
export function reportAsJson(output: Output): FullReport {
  const event = (name: string, fields: object): void => say(output, JSON.stringify({ event: name, ...fields }));
  return {
    step: (fields) => event("step", fields),
    valid: (fields) => event("valid", fields),
    saved: (fields) => event("saved", fields),
    end: (fields) => event("end", fields),
    close() {},
  };
}
