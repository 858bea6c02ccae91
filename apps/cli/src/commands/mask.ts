import { describe, draw, type Mask, parseMask, toJSON, toSVG } from "@ashlar/mask";
import { type Command, Option } from "commander";
import { CliError } from "../console/error.ts";
import { writeText } from "../console/files.ts";
import { wholeOption } from "../console/options.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { type DeviceName, deviceNames, devices } from "../device.ts";
import { reachedUnder } from "../look/reached.ts";
import { openRun } from "../run/open.ts";

interface Options {
  readonly size: number;
  readonly keys?: number;
  readonly from: number;
  readonly row?: number;
  readonly svg?: string;
  readonly run?: string;
  readonly device: DeviceName;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar mask causal
  $ ashlar mask "or(causal, prefix(5))" --size 12
  $ ashlar mask "and(causal, slidingWindow(16))" --size 64 --svg window.svg
  $ ashlar mask "and(causal, padding([3, 8]))" --row 1
  $ ashlar mask "slidingWindow(3)" --run runs/addresses

A line is a query, a column a key; # is seen, . is not.`;

/** Adds `ashlar mask`. */
export function maskCommand(program: Command, { output, errors }: Terminal): void {
  program
    .command("mask")
    .description("Draw which keys each query may see.")
    .argument("<expression>", 'a mask: "causal", "or(causal, prefix(5))"')
    .option("--size <n>", "how many queries", wholeOption(1), 12)
    .option("--keys <n>", "how many keys; as many as positions up to the last query unless said", wholeOption(1))
    .option("--from <n>", "the position of the first query, as in decoding", wholeOption(), 0)
    .option("--row <n>", "the one row of the batch to draw", wholeOption())
    .option("--svg <file>", "write a picture too")
    .option("--run <folder>", "draw beside it what reaches what through all layers of this model")
    .addOption(new Option("--device <name>", "what computes with --run").choices(deviceNames).default("wasm"))
    .option("--json", "print the mask, its drawing and its counts as JSON")
    .addHelpText("after", examples)
    .action(async (expression: string, { size, keys, from, row, svg, json, run: folder, device }: Options) => {
      const mask = parseMask(expression);
      const layout = { queries: [from, from + size] as const, keys: keys ?? from + size };
      const chosen = row === undefined ? {} : { row };
      const drawing = draw(mask, layout, chosen);
      if (folder !== undefined && (from > 0 || layout.keys !== size))
        throw new CliError("mask: --run reads a text from its beginning; leave --from and --keys out");
      const reached = folder === undefined ? undefined : await through(folder, mask, { size, device, ...chosen });
      const about = describe(mask, layout);
      if (svg !== undefined) await writeText(svg, toSVG(mask, layout, chosen));
      if (json) {
        const { text: _, ...counts } = about;
        say(
          output,
          JSON.stringify(
            { ...counts, mask: toJSON(mask), drawing: drawing.split("\n"), ...(reached === undefined ? {} : { reach: reached.split("\n") }) },
            null,
            2,
          ),
        );
        return;
      }
      say(output, reached === undefined ? drawing : beside(["one layer sees", drawing], ["all layers reach", reached]));
      say(output);
      say(output, about.text);
      if (svg !== undefined) say(errors, `picture written to ${svg}`);
    });
}

/** What reaches what through a model, drawn. */
async function through(
  folder: string,
  mask: Mask,
  { size, device: name, ...chosen }: { readonly size: number; readonly device: DeviceName; readonly row?: number },
): Promise<string> {
  await using device = await devices[name]();
  const { mask: reached } = await reachedUnder(await openRun(folder, { device }), folder, mask, {
    size,
    rows: typeof mask.rows === "number" ? mask.rows : 1,
    device,
  });
  return draw(reached, size, typeof mask.rows === "number" ? chosen : {});
}

/** Two drawings side by side, each below its title. */
function beside(left: readonly [title: string, drawing: string], right: readonly [title: string, drawing: string]): string {
  const [one, other] = [left, right].map(([title, drawing]) => [title, ...drawing.split("\n")]) as [string[], string[]];
  const width = Math.max(...one.map((line) => line.length)) + 3;
  return one.map((line, index) => `${line.padEnd(width)}${other[index] ?? ""}`.trimEnd()).join("\n");
}
