import { join } from "node:path";
import type { Device } from "@ashlar/backend";
import { duration } from "../console/duration.ts";
import { CliError } from "../console/error.ts";
import { suggestion } from "../console/nearest.ts";
import { playgroundName } from "../console/program-name.ts";
import { table } from "../console/table.ts";
import { type Output, say } from "../console/terminal.ts";
import { saveRun } from "../run/save.ts";
import { type BudgetOptions, budget } from "./budget.ts";
import { beats, type Measure, type Outcome, type StageContext, written } from "./stage.ts";
import { type Stage, type StageName, stageNames, stages } from "./stages.ts";

/** What the demo does, and where. */
export interface DemoOptions extends BudgetOptions {
  /** What computes. */
  readonly device: Device;
  /** Which stages run; all unless said. */
  readonly only?: readonly StageName[];
  /** Fixes all that is drawn. */
  readonly seed: number;
  /** The folder that runs are saved in. */
  readonly folder: string;
  /** How the program is called, for the commands that are told. */
  readonly program: string;
  /** Where it is told. */
  readonly output: Output;
  /** Ends it after the step at work. */
  readonly signal: AbortSignal;
  /** Told the loss of each step. */
  readonly onLoss?: (stage: StageName, phase: string, loss: number) => void;
  /** What runs instead of a stage: the same with other sizes. */
  readonly with?: Partial<Record<StageName, Stage["run"]>>;
}

/** What the demo did. */
export interface DemoReport {
  /** The models that it made and measured. */
  readonly outcomes: readonly Outcome[];
  /** The folders that hold a model, finished or not. */
  readonly saved: readonly string[];
  /** Whether it was stopped before its end. */
  readonly stopped: boolean;
  /** Whether every measure beats every baseline that it should. */
  readonly beaten: boolean;
  /** Seconds of all of it. */
  readonly seconds: number;
}

/** The names in a list like `decoder,prefix`. @throws CliError for one that is unknown. */
export function stagesIn(list: string): StageName[] {
  const names = list.split(",").map((name) => name.trim());
  for (const name of names)
    if (!(stageNames as string[]).includes(name)) throw new CliError(`demo: there is no stage "${name}"${suggestion(name, stageNames)}`);
  return stageNames.filter((name) => names.includes(name));
}

/** Trains four kinds of transformer from one set of blocks, and uses them. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { only = stageNames, output, signal, device, seed, folder } = options;
  const began = performance.now();
  const chosen = Object.fromEntries(only.map((name) => [name, stages[name]]));
  const plan = budget(chosen, options);
  say(output, opening(only, plan.seconds, device, folder));
  const outcomes: Outcome[] = [];
  const saved = new Set<string>();
  for (const [index, name] of only.entries()) {
    if (signal.aborted) break;
    say(output, `\n${index + 1} of ${only.length} · ${stages[name].title}`);
    const context: StageContext = {
      device,
      seed,
      output,
      signal,
      folder: (run) => join(folder, run),
      async save(run, contents) {
        await saveRun(join(folder, run), contents);
        saved.add(join(folder, run));
      },
      pace: (phase) => plan.pace(name, phase),
      onLoss: (phase, loss) => options.onLoss?.(name, phase, loss),
    };
    outcomes.push(...(await (options.with?.[name] ?? stages[name].run)(context)));
  }
  const seconds = (performance.now() - began) / 1000;
  const beaten = outcomes.every(({ measures }) => measures.every((measure) => missed(measure).length === 0));
  if (outcomes.length > 0) say(output, `\n${summary(outcomes)}`);
  if (!signal.aborted) say(output, `\n${closing(outcomes, options.program, seconds)}`);
  return { outcomes, stopped: signal.aborted, saved: [...saved], beaten, seconds };
}

function opening(only: readonly StageName[], seconds: number | undefined, device: Device, folder: string): string {
  const kinds = only.length === 1 ? "One kind" : `${["", "", "Two", "Three", "Four"][only.length]} kinds`;
  const time = seconds === undefined ? "" : ` Training takes ${duration(seconds)} in all.`;
  return `${kinds} of transformer from one set of blocks, trained on real text on this machine, then used.\n${device.description}.${time} Models are saved in ${folder}.`;
}

/** The baselines that a measure should beat and doesn't. */
const missed = (measure: Measure): string[] => measure.baselines.filter((baseline) => !baseline.optional && !beats(measure, baseline)).map(({ name }) => name);

/** The table at the end: a line for each model, its first measure beside its baselines. */
export function summary(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const [main] = outcome.measures as readonly [Measure, ...Measure[]];
    const beside = main.baselines
      .filter(({ name }) => name !== "uniform" && name !== "unigram")
      .map(({ name, short = name, value }) => `${written(value, main.format)} ${short}`);
    return [
      outcome.architecture,
      outcome.mask,
      outcome.objective,
      outcome.parameters,
      Math.round(outcome.tokensPerSecond),
      `${main.name} ${written(main.value, main.format)}`,
      beside.join(", "),
    ];
  });
  return table(["architecture", "mask", "objective", "parameters", "tokens/s", "measured", "baselines"], rows);
}

function closing(outcomes: readonly Outcome[], program: string, seconds: number): string {
  const page = playgroundName();
  const width = Math.max(...outcomes.map(({ folder }) => folder.length));
  const lines = outcomes.map(({ folder, command }) => `  ${folder.padEnd(width)}  ${program} ${command}`);
  const wrong = outcomes.flatMap(({ name, measures }) =>
    measures.flatMap((measure) =>
      missed(measure).map((baseline) => `${name}: ${measure.name} does not beat ${baseline}; this machine had little time, try --minutes 10`),
    ),
  );
  return [
    ...(wrong.length > 0 ? wrong : ["Every measure beats its baselines."]),
    `It took ${duration(seconds)}. The models, in Hugging Face's layout, and what uses them:`,
    ...lines,
    ...(page ? [`What of it runs in your browser, and how fast: ${page}`] : []),
  ].join("\n");
}
