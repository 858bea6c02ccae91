import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Profile } from "@ashlar/backend";
import { describe } from "@ashlar/nn";
import { type Command, Option } from "commander";
import { counted } from "../console/amounts.ts";
import { CliError, Interrupted } from "../console/error.ts";
import { interrupt } from "../console/interrupt.ts";
import { numberOption, wholeOption } from "../console/options.ts";
import { opened } from "../console/profile.ts";
import { programName } from "../console/program-name.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { deviceNames, devices } from "../device.ts";
import { checkRecipe, readRecipe } from "../recipe/read.ts";
import { removePartial } from "../run/save.ts";
import { memoryText } from "../training/memory.ts";
import { type FullReport, reportAsJson, reportForPeople } from "../training/report.ts";
import { type Outcome, runSession } from "../training/run-session.ts";
import { type AnySession, begin, recipeIn, resume, withOverrides } from "../training/session.ts";

interface Options {
  readonly resume?: string;
  readonly output?: string;
  readonly steps?: number;
  readonly minutes?: number;
  readonly device?: string;
  readonly seed?: number;
  readonly profile?: string;
  readonly force?: true;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar train recipe.json
  $ ashlar train recipe.json --minutes 10 --output runs/longer
  $ ashlar train --resume runs/addresses
  $ ashlar train --resume runs/addresses --steps 2000

A recipe says at least: { "data": "letters.txt", "architecture": "llama", "steps": 500, "output": "runs/letters" }
Ctrl-C stops after the step and saves; --resume goes on as if it had never stopped.`;

/** Adds `ashlar train`. */
export function trainCommand(program: Command, terminal: Terminal): void {
  program
    .command("train")
    .description("Train a model by a recipe: data, architecture, objective, length.")
    .argument("[recipe]", "a recipe: .json, or a .ts or .js module that exports one as default")
    .option("--resume <folder>", "go on with the run in this folder")
    .option("--output <folder>", "where the run is saved, instead of what the recipe says")
    .option("--steps <n>", "how many steps the run has in all", wholeOption(1))
    .option("--minutes <n>", "how many minutes it trains in all, instead of steps", numberOption({ above: 0 }))
    .addOption(new Option("--device <name>", "what computes").choices(deviceNames))
    .option("--seed <n>", "fixes all random numbers", wholeOption())
    .option("--profile <file>", "time every kernel: a trace for chrome://tracing, and a table")
    .option("--force", "write over a run that is there")
    .option("--json", "print a line of JSON for each event")
    .addHelpText("after", examples)
    .action(async (path: string | undefined, options: Options) => {
      const { steps, minutes } = options;
      if ((path === undefined) === (options.resume === undefined))
        throw new CliError("train: give a recipe, or --resume with the folder of a run, one of the two");
      if (steps !== undefined && minutes !== undefined) throw new CliError("train: give --steps or --minutes, one of the two");
      if (path !== undefined) return trainNew(path, options, terminal);
      const fixed = (["output", "seed", "force"] as const).find((name) => options[name] !== undefined);
      if (fixed) throw new CliError(`train: --${fixed} can't be changed when a run goes on; start a new one with its recipe`);
      return trainOn(options.resume as string, options, terminal);
    });
}

async function trainNew(path: string, { steps, minutes, device, seed, output, force, json, profile }: Options, terminal: Terminal): Promise<void> {
  const found = await readRecipe(path);
  const written = withOverrides(found.written, { steps, minutes, device, seed, output });
  const recipe = checkRecipe(written, path);
  if (existsSync(join(recipe.output, "model.safetensors")) && !force)
    throw new CliError(
      `${recipe.output}: there is a run in it; --resume ${recipe.output} goes on with it, --force writes over it, --output says another folder`,
    );
  await using made = await opened(await devices[recipe.device](), profile, terminal);
  await work(begin({ ...found, written, recipe }, made.device), { json: json ?? false, resumed: false, profile: made.profile }, terminal);
}

async function trainOn(folder: string, { steps, minutes, device, json, profile }: Options, terminal: Terminal): Promise<void> {
  const overrides = { steps, minutes, device };
  const { recipe } = recipeIn(folder, overrides);
  await using made = await opened(await devices[recipe.device](), profile, terminal);
  await work(await resume(folder, overrides, made.device), { json: json ?? false, resumed: true, profile: made.profile }, terminal);
}

async function work(
  session: AnySession,
  { json, resumed, profile }: { readonly json: boolean; readonly resumed: boolean; readonly profile: Profile | undefined },
  { output, errors }: Terminal,
): Promise<void> {
  const { recipe, folder, state, prepared } = session;
  if (recipe.steps !== undefined && state.step >= recipe.steps)
    throw new CliError(`${folder}: this run has made all its ${counted(recipe.steps, "step")}; --steps ${2 * recipe.steps} lets it go on`);
  if (recipe.minutes !== undefined && session.seconds >= 60 * recipe.minutes)
    throw new CliError(`${folder}: this run has trained all its ${counted(recipe.minutes, "minute")}; --minutes ${2 * recipe.minutes} lets it go on`);
  await removePartial(folder);
  if (!json) say(output, `${headline(session)}\n${memoryText(session.memory)}`);
  if (prepared.leftOut > 0) say(errors, `${counted(prepared.leftOut, "pair")} longer than the context of ${recipe.context} left out`);

  using stop = interrupt({ says: "stopping after this step", output: errors });
  const shown = json ? reportAsJson(output) : reportForPeople(output, recipe, { step: state.step, seconds: session.seconds });
  const report = profile ? withSpans(shown, profile, state.step) : shown;
  const options = { signal: stop.signal, report, resumed };
  const outcome = await finished(session, options).finally(() => report.close());
  if (outcome.stopped)
    throw new Interrupted(`stopped after ${counted(outcome.step, "step")}, saved in ${folder}; ${programName()} train --resume ${folder} goes on`);
  if (!json) say(output, `saved in ${folder}; ${nextCommand(session)}`);
}

/** The same report; each step is a span of the profile, with the saving and measuring before it. */
function withSpans(report: FullReport, profile: Profile, before: number): FullReport {
  let end = profile.begin(`step ${before + 1}`);
  return {
    ...report,
    step(made) {
      end();
      report.step(made);
      end = profile.begin(`step ${made.step + 1}`);
    },
  };
}

async function finished(session: AnySession, options: Parameters<typeof runSession>[1] & { readonly report: FullReport }): Promise<Outcome> {
  const outcome = session.stacks === 1 ? await runSession(session, options) : await runSession(session, options);
  options.report.end(outcome);
  return outcome;
}

function headline({ assembly, recipe, state, tokenizer }: AnySession): string {
  const model: Parameters<typeof describe>[0] = assembly.model;
  const parts = [
    `${recipe.architecture.family}, ${describe(model).count.toLocaleString("en")} parameters`,
    `${recipe.objective.name} on ${recipe.data.file}`,
    `${tokenizer.size} token ids`,
    recipe.device,
  ];
  return [...parts, ...(state.step > 0 ? [`going on after ${counted(state.step, "step")}`] : [])].join(" · ");
}

function nextCommand({ assembly, folder }: AnySession): string {
  return assembly.kind === "maskedLanguageModel"
    ? `${programName()} info ${folder} shows what is in it`
    : `${programName()} generate ${folder} --prompt "…" writes with it`;
}
