import { describe, draw, parseMask, toJSON, toSVG } from "@ashlar/mask";
import type { Command } from "commander";
import { writeText } from "../console/files.ts";
import { wholeOption } from "../console/options.ts";
import { say, type Terminal } from "../console/terminal.ts";

interface Options {
  readonly size: number;
  readonly keys?: number;
  readonly from: number;
  readonly row?: number;
  readonly svg?: string;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar mask causal
  $ ashlar mask "or(causal, prefix(5))" --size 12
  $ ashlar mask "and(causal, slidingWindow(16))" --size 64 --svg window.svg
  $ ashlar mask "and(causal, padding([3, 8]))" --row 1

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
    .option("--json", "print the mask, its drawing and its counts as JSON")
    .addHelpText("after", examples)
    .action(async (expression: string, { size, keys, from, row, svg, json }: Options) => {
      const mask = parseMask(expression);
      const layout = { queries: [from, from + size] as const, keys: keys ?? from + size };
      const chosen = row === undefined ? {} : { row };
      const drawing = draw(mask, layout, chosen);
      const about = describe(mask, layout);
      if (svg !== undefined) await writeText(svg, toSVG(mask, layout, chosen));
      if (json) {
        const { text: _, ...counts } = about;
        say(output, JSON.stringify({ ...counts, mask: toJSON(mask), drawing: drawing.split("\n") }, null, 2));
        return;
      }
      say(output, drawing);
      say(output);
      say(output, about.text);
      if (svg !== undefined) say(errors, `picture written to ${svg}`);
    });
}
