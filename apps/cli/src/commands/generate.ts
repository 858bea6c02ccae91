import {
  type Decoder,
  generate,
  greedy,
  minP,
  type Piece,
  type Processor,
  readText,
  repetitionPenalty,
  stopStrings,
  type TextStream,
  temperature,
  topK,
  topP,
} from "@ashlar/generate";
import { causal, or, prefix } from "@ashlar/mask";
import { decoder, sequenceDecoder } from "@ashlar/models";
import type { Params } from "@ashlar/nn";
import { decodeUtf8 } from "@ashlar/text";
import { type Command, Option } from "commander";
import { CliError, Interrupted } from "../console/error.ts";
import { interrupt } from "../console/interrupt.ts";
import { numberOption, wholeOption } from "../console/options.ts";
import { opened } from "../console/profile.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { type DeviceName, deviceNames, devices } from "../device.ts";
import { type OpenRun, openRun, weightsKept } from "../run/open.ts";
import { promptIds } from "../run/prompt.ts";

interface Options {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly stop: readonly string[];
  readonly device: DeviceName;
  readonly weights?: keyof typeof weightsKept;
  readonly profile?: string;
  readonly echo?: true;
  readonly json?: true;
}

const examples = `
Examples:
  $ ashlar generate runs/addresses --prompt "My fellow citizens," --temperature 0.8 --top-p 0.95 --seed 7
  $ echo "In the beginning" | ashlar generate runs/verses --prompt - --max-tokens 80
  $ ashlar generate runs/phonemes --prompt banana --json

Without sampling options the likeliest token is taken. The prompt of an encoder-decoder, and of a prefix model
trained on pairs, is the source; what is printed is the target.`;

// a model may write what would move a terminal's cursor, or worse
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Adds `ashlar generate`. */
export function generateCommand(program: Command, terminal: Terminal): void {
  program
    .command("generate")
    .description("Continue a prompt, or answer a source, with a trained model; text is printed as it is written.")
    .argument("<folder>", "a run, or any folder in Hugging Face's layout")
    .requiredOption("-p, --prompt <text>", "what to continue, or the source; - reads it from standard input")
    .option("--max-tokens <n>", "the most tokens to write", wholeOption(1), 200)
    .option("--temperature <t>", "divides the scores: below 1 bolder, above 1 wilder", numberOption({ above: 0 }))
    .option("--top-k <k>", "draw from the k likeliest tokens", wholeOption(1))
    .option("--top-p <p>", "draw from the likeliest whose probabilities reach p", numberOption({ above: 0, most: 1 }))
    .option("--min-p <p>", "draw from those at least p times as probable as the likeliest", numberOption({ least: 0, most: 1 }))
    .option("--repetition-penalty <r>", "makes tokens that occurred less likely; 1 is none", numberOption({ above: 0 }))
    .option("--seed <n>", "fixes what is drawn; 0 unless said", wholeOption())
    .option(
      "--stop <text>",
      "end before this text; may be given several times",
      (text, before: readonly string[]) => [...before, text],
      [] as readonly string[],
    )
    .addOption(new Option("--device <name>", "what computes").choices(deviceNames).default("wasm"))
    .addOption(
      new Option("--weights <type>", "keep the matrices in 16, 8 or 4 bits: less memory, faster, a little less exact").choices(Object.keys(weightsKept)),
    )
    .option("--profile <file>", "time every kernel: a trace for chrome://tracing, and a table")
    .option("--echo", "print the prompt first")
    .option("--json", "print prompt, text and token ids as JSON, when all is written")
    .addHelpText("after", examples)
    .action(async (folder: string, options: Options) => {
      if (options.stop.includes("")) throw new CliError("generate: --stop expects text, got none");
      const prompt = options.prompt === "-" ? await readAll(terminal) : options.prompt;
      await using made = await opened(await devices[options.device](), options.profile, terminal);
      const { weights } = options;
      await write(await openRun(folder, { ...made, ...(weights && { weights }) }), folder, prompt, options, terminal);
    });
}

async function readAll({ input }: Terminal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return decodeUtf8(Buffer.concat(chunks), "standard input").replace(/\r?\n$/, "");
}

async function write(run: OpenRun, folder: string, prompt: string, options: Options, { output, errors }: Terminal): Promise<void> {
  const { tokenizer } = run;
  const ids = promptIds(run, folder, prompt);
  const room = roomFor(run, folder, ids.length);
  const maxTokens = Math.min(options.maxTokens, room);
  const ends = endIds(run);
  using stop = interrupt({ says: "stopping", output: errors });
  const tokens: number[] = [];
  const stream = (): TextStream => tokenizer.stream();
  const stops = [...(ends.length > 0 ? [ends] : []), ...(options.stop.length > 0 ? [stopStrings(options.stop, stream)] : [])].flat();
  const pieces = generate(decoderOf(run, folder), ids, { ...sampling(options), maxTokens, stop: stops, signal: stop.signal });
  let written = "";
  let end = "interrupted";
  if (options.echo && !options.json) output.write(prompt);
  for await (const piece of readText(counting(pieces, tokens), stream, { stop: options.stop })) {
    written += piece.text;
    if (!options.json && piece.text !== "") output.write(output.isTTY ? piece.text.replace(controls, "�") : piece.text);
    if (piece.end) end = piece.end;
  }
  if (options.json) say(output, JSON.stringify({ prompt, text: written, tokens, end }, null, 2));
  else say(output);
  if (end === "length" && maxTokens === room && room < options.maxTokens)
    say(errors, `the model has no positions beyond ${ids.length + room}, so it ended after ${room} tokens`);
  if (stop.signal.aborted) throw new Interrupted(`stopped after ${tokens.length} tokens`);
}

/** The same pieces; their tokens are noted. */
async function* counting(pieces: AsyncIterable<Piece>, tokens: number[]): AsyncIterable<Piece> {
  for await (const piece of pieces) {
    tokens.push(piece.token);
    yield piece;
  }
}

/** The model as something that writes token by token. */
function decoderOf({ assembly, params, record }: OpenRun, folder: string): Decoder<unknown> {
  if (assembly.kind === "languageModel") {
    const { model, mask } = assembly;
    const prefixed = record?.mask === "or(causal, prefix)";
    return decoder(model, params as Params<typeof model>, { mask: prefixed ? (length) => or(causal, prefix(length)) : () => mask }) as Decoder<unknown>;
  }
  if (assembly.kind === "encoderDecoder") {
    const { model, start } = assembly;
    return sequenceDecoder(model, params as Params<typeof model>, { start }) as Decoder<unknown>;
  }
  throw new CliError(`${folder}: this model reads and does not write (it is a ${assembly.kind}); generate needs a language model or an encoder-decoder`);
}

/** How many tokens may follow the prompt. Only learned positions come to an end. */
function roomFor({ config, assembly }: OpenRun, folder: string, prompt: number): number {
  const { n_positions } = config;
  if (assembly.kind !== "languageModel" || config.model_type !== "gpt2" || typeof n_positions !== "number") return Number.POSITIVE_INFINITY;
  if (prompt >= n_positions) throw new CliError(`${folder}: the prompt has ${prompt} tokens and the model ${n_positions} positions; give a shorter one`);
  return n_positions - prompt;
}

/** The ids that end a text. */
function endIds({ config, tokenizer }: OpenRun): number[] {
  const end = config.eos_token_id ?? tokenizer.special.eos;
  return (Array.isArray(end) ? end : [end]).filter((id): id is number => typeof id === "number");
}

function sampling({ temperature: t, topK: k, topP: p, minP: least, repetitionPenalty: penalty, seed }: Options): {
  readonly sample: Processor[];
  readonly seed?: number;
} {
  const drawing = [t, k, p, least, seed].some((option) => option !== undefined);
  return {
    sample: [
      ...(penalty === undefined ? [] : [repetitionPenalty(penalty)]),
      ...(drawing ? [temperature(t ?? 1)] : []),
      ...(k === undefined ? [] : [topK(k)]),
      ...(p === undefined ? [] : [topP(p)]),
      ...(least === undefined ? [] : [minP(least)]),
      ...(!drawing && penalty !== undefined ? [greedy()] : []), // penalties alone, and the likeliest of what they leave
    ],
    ...(drawing ? { seed: seed ?? 0 } : {}),
  };
}
