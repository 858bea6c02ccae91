import { say } from "../console/terminal.ts";
import { beats, type Measure, type StageContext, written } from "./stage.ts";

/** One measure beside its baselines: `bits per byte 2.41 (uniform 8.00, bigram 3.51)`. */
export function measured(measure: Measure): string {
  const { name, value, baselines, format } = measure;
  const beside = baselines.map((baseline) => `${baseline.name} ${written(baseline.value, format)}`).join(", ");
  return `${name} ${written(value, format)}${beside === "" ? "" : ` (${beside})`}`;
}

/** Whether a measure beats all baselines that it should. */
export const beatsAll = (measure: Measure): boolean => measure.baselines.every((baseline) => baseline.optional || beats(measure, baseline));

/** Says what was measured, a line each. */
export function tellMeasures({ output }: Pick<StageContext, "output">, measures: readonly Measure[]): void {
  for (const measure of measures) say(output, `  ${measured(measure)}`);
}
