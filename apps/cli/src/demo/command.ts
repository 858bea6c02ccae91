import { type Command, Option } from "commander";
import { Interrupted } from "../console/error.ts";
import { interrupt } from "../console/interrupt.ts";
import { numberOption, wholeOption } from "../console/options.ts";
import { programName } from "../console/program-name.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { type DeviceName, deviceNames, devices } from "../device.ts";
import { runDemo, stagesIn } from "./demo.ts";
import type { StageName } from "./stages.ts";

interface Options {
  readonly only?: readonly StageName[];
  readonly minutes?: number;
  readonly steps?: number;
  readonly seed: number;
  readonly output: string;
  readonly device: DeviceName;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar demo
  $ ashlar demo --minutes 30
  $ ashlar demo --only decoder,prefix --seed 7

The stages are decoder, prefix, encoder and encoder-decoder. --minutes is the training time of all that run;
measuring and writing come on top. Ctrl-C stops after the step, saves, and says what can be used.`;

/** Adds `ashlar demo`. */
export function demoCommand(program: Command, { output, errors }: Terminal): void {
  program
    .command("demo")
    .description("Train four kinds of transformer from one set of blocks on real text, and use them.")
    .option("--only <stages>", "the stages that run, with commas between", stagesIn)
    .option("--minutes <n>", "minutes of training in all; one for each stage unless said", numberOption({ above: 0 }))
    .option("--steps <n>", "steps of every phase instead of minutes: one seed gives the same numbers", wholeOption(1))
    .option("--seed <n>", "fixes all random numbers", wholeOption(), 0)
    .option("--output <folder>", "where models are saved", "runs")
    .addOption(new Option("--device <name>", "what computes").choices(deviceNames).default("wasm"))
    .option("--json", "print what was measured as JSON; progress goes to standard error")
    .addHelpText("after", examples)
    .action(async ({ device: name, output: folder, json, ...options }: Options) => {
      await using device = await devices[name]();
      const told = json ? errors : output;
      using stop = interrupt({ says: "stopping after this step", output: errors });
      const report = await runDemo({ ...options, device, folder, program: programName(), output: told, signal: stop.signal });
      if (json) say(output, JSON.stringify(report, null, 2));
      if (!report.stopped) return;
      throw new Interrupted(report.saved.length === 0 ? "stopped before anything was trained" : `stopped; what can be used: ${report.saved.join(", ")}`);
    });
}
