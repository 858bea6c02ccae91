import { type Command, Option } from "commander";
import { CliError } from "../console/error.ts";
import { writeText } from "../console/files.ts";
import { wholeOption } from "../console/options.ts";
import { table } from "../console/table.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { type DeviceName, deviceNames, devices } from "../device.ts";
import { attentionOf, type Guess, headOf, type LayerAttention, logitLens } from "../look/inside.ts";
import { attentionSVG, attentionText } from "../look/picture.ts";
import { type Part, parts, type Subject, subjectOf } from "../look/subject.ts";
import { openRun } from "../run/open.ts";

interface Options {
  readonly prompt: string;
  readonly target?: string;
  readonly part?: Part;
  readonly layer?: number;
  readonly head?: number;
  readonly at?: number;
  readonly top: number;
  readonly svg?: string;
  readonly device: DeviceName;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar look runs/addresses --prompt "The people of the United"
  $ ashlar look runs/addresses --prompt "The people of the United" --layer 0 --head 2
  $ ashlar look runs/addresses --prompt "The people of the United" --svg heads.svg
  $ ashlar look runs/phonemes --prompt banana --target "B AH0" --part cross

The lens is what each layer would say if it were the last. In a map a line is a token that looks, a column one that is looked at.`;

/** Adds `ashlar look`. */
export function lookCommand(program: Command, { output, errors }: Terminal): void {
  program
    .command("look")
    .description("Look inside a model as it reads a text: what each layer would say, and who attends to whom.")
    .argument("<folder>", "a run, or any folder in Hugging Face's layout")
    .requiredOption("-p, --prompt <text>", "what the model reads, or the source of an encoder-decoder")
    .option("--target <text>", "what an encoder-decoder has written so far")
    .addOption(new Option("--part <part>", "which attention of an encoder-decoder; cross unless said").choices(parts))
    .option("--layer <n>", "the layer whose attention is drawn, from 0; the last unless said", wholeOption())
    .option("--head <n>", "one head, from 0; the mean of all unless said", wholeOption())
    .option("--at <n>", "the position whose lens is shown; the last, or the first masked, unless said", wholeOption())
    .option("--top <n>", "how many tokens the lens shows", wholeOption(1), 3)
    .option("--svg <file>", "write the maps as a picture: every layer and head unless they are said")
    .addOption(new Option("--device <name>", "what computes").choices(deviceNames).default("wasm"))
    .option("--json", "print tokens, lens and all weights as JSON")
    .addHelpText("after", examples)
    .action(async (folder: string, options: Options) => {
      await using device = await devices[options.device]();
      const run = await openRun(folder, { device });
      const subject = subjectOf(run, folder, { ...options, device });
      const positions = subject.predicts?.tokens.length ?? 0;
      const at = options.at ?? subject.predicts?.at ?? 0;
      if (options.at !== undefined && at >= positions) throw new CliError(`look: --at ${at} is beyond the last position, ${positions - 1}`);
      const layers = await attentionOf(subject);
      const layer = layers[options.layer ?? layers.length - 1];
      if (!layer) throw new CliError(`look: there is no layer ${options.layer}; the model has ${layers.length}, 0 to ${layers.length - 1}`);
      if (options.head !== undefined && options.head >= layer.heads)
        throw new CliError(`look: there is no head ${options.head}; layer ${layer.layer} has ${layer.heads}, 0 to ${layer.heads - 1}`);
      const lens = await logitLens(subject, run.tokenizer, { top: options.top, at });
      if (options.svg !== undefined) await writeText(options.svg, picture(options, subject, layers));
      if (options.json) say(output, JSON.stringify(asJson(subject, lens, layers, at)));
      else say(output, shown(subject, lens, layer, { at, head: options.head }));
      if (options.svg !== undefined) say(errors, `picture written to ${options.svg}`);
    });
}

function shown(
  { predicts, stack, attention, queries, keys }: Subject,
  lens: readonly Guess[],
  layer: LayerAttention,
  { at, head }: { readonly at: number; readonly head: number | undefined },
): string {
  const which = head === undefined ? `the mean of its ${layer.heads} heads` : `head ${head}`;
  const map = [`attention of ${stack}.blocks.${layer.layer}.${attention}, ${which}`, attentionText(headOf(layer, head), queries, keys)];
  if (!predicts || lens.length === 0) return map.join("\n");
  const rows = lens.map(({ name, tokens }) => [name, ...tokens.map(({ token, probability }) => `${token} ${percent(probability)}`)]);
  const ranks = Array.from({ length: lens[0]?.tokens.length ?? 0 }, (_, rank) => `${rank + 1}.`);
  return [`what each layer would say at position ${at}, ${predicts.tokens[at]}`, table(["states", ...ranks], rows), "", ...map].join("\n");
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

function picture({ prompt, layer, head }: Options, { queries, keys }: Subject, layers: readonly LayerAttention[]): string {
  const wanted = layers.filter((each) => layer === undefined || each.layer === layer);
  const rows = wanted.map((each) => {
    const heads = head === undefined ? Array.from({ length: each.heads }, (_, index) => index) : [head];
    return heads.map((index) => ({ title: `layer ${each.layer}, head ${index}`, weights: headOf(each, index) }));
  });
  return attentionSVG(`Attention: ${prompt}`, rows, queries, keys);
}

function asJson({ queries, keys, stack, attention }: Subject, lens: readonly Guess[], layers: readonly LayerAttention[], at: number): object {
  const short = (value: number): number => Number(value.toPrecision(5));
  return {
    queries,
    keys,
    lens: { at, states: lens.map(({ name, tokens }) => ({ name, tokens: tokens.map((each) => ({ ...each, probability: short(each.probability) })) })) },
    attention: layers.map(({ layer, weights, heads }) => ({
      name: `${stack}.blocks.${layer}.${attention}.weights`,
      shape: [heads, queries.length, keys.length],
      weights: Array.from(weights, short),
    })),
  };
}
