import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "@ashlar/checkpoint";
import { assemblyOf, describe, type PretrainedConfig, type RunDescription } from "@ashlar/models";
import { loadTokenizer, type SpecialIds } from "@ashlar/text";
import type { Command } from "commander";
import { bytesText } from "../console/amounts.ts";
import { CliError } from "../console/error.ts";
import { readJsonIfThere } from "../console/files.ts";
import { wholeOption } from "../console/options.ts";
import { table } from "../console/table.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { parseRecord, type RunRecord, recordFile } from "../run/record.ts";

/** A tensor of a checkpoint. */
interface Part {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly count: number;
  readonly bytes: number;
}

/** What `ashlar info --json` prints. */
export interface CheckpointInfo {
  /** What was looked into. */
  readonly path: string;
  /** All elements of all tensors. */
  readonly parameters: number;
  /** The bytes that they take. */
  readonly bytes: number;
  /** The tensors, in the order of the file. */
  readonly tensors: readonly Part[];
  /** Strings kept beside the tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** `config.json`, if there is one. */
  readonly config?: unknown;
  /** The tokenizer, if there is one. */
  readonly tokenizer?: { readonly size: number; readonly model: string; readonly special: SpecialIds };
  /** `ashlar.json`, of what was trained here. */
  readonly run?: RunRecord;
  /** What it takes to run and to train it, with `--batch` or `--time`. */
  readonly memory?: RunDescription["run"];
}

interface Options {
  readonly all?: true;
  readonly json?: true;
  readonly batch?: number;
  readonly time?: number;
}

/** Adds `ashlar info`. */
export function infoCommand(program: Command, { output }: Terminal): void {
  program
    .command("info")
    .description("Show a checkpoint's parts, shapes, parameters and size, its configuration and its tokenizer.")
    .argument("<checkpoint>", "a folder in Hugging Face's layout, or a .safetensors file")
    .option("--all", "list every tensor, not one line for equal blocks")
    .option("--batch <rows>", "what memory running and training it takes with so many rows", wholeOption(1))
    .option("--time <positions>", "and so many positions", wholeOption(1))
    .option("--json", "print it as JSON")
    .addHelpText("after", "\nExamples:\n  $ ashlar info runs/addresses\n  $ ashlar info runs/addresses --batch 8 --time 256")
    .action(async (path: string, { all, json, batch, time }: Options) => {
      const info = await look(path);
      const described = batch === undefined && time === undefined ? undefined : memoryFor(info, { batch: batch ?? 1, time });
      if (json) say(output, JSON.stringify(described ? { ...info, memory: described.run } : info, null, 2));
      else say(output, [shown(info, { all: all ?? false }), ...(described ? ["", runTable(described)] : [])].join("\n"));
    });
}

async function look(path: string): Promise<CheckpointInfo> {
  if (!existsSync(path)) throw new CliError(`info: there is no ${path}`);
  await using checkpoint = await open(path);
  const tensors = Array.from(checkpoint.tensors, ([name, { dtype, shape, begin, end }]) => {
    return { name, dtype, shape, count: shape.reduce((product, length) => product * length, 1), bytes: end - begin };
  });
  const folder = statSync(path).isDirectory() ? path : undefined;
  const inFolder = (name: string): unknown => (folder === undefined ? undefined : readJsonIfThere(join(folder, name)));
  const [config, tokenizer, record] = [inFolder("config.json"), inFolder("tokenizer.json"), inFolder(recordFile)];
  return {
    path,
    parameters: tensors.reduce((sum, { count }) => sum + count, 0),
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    tensors,
    metadata: Object.fromEntries(checkpoint.metadata),
    ...(config === undefined ? {} : { config }),
    ...(tokenizer === undefined ? {} : { tokenizer: tokenizerInfo(tokenizer, inFolder("tokenizer_config.json")) }),
    ...(record === undefined ? {} : { run: parseRecord(record, join(path, recordFile)) }),
  };
}

/** What it takes to run and to train the model of a checkpoint. @throws CliError when there is no config that says which model it is. */
function memoryFor({ path, config }: CheckpointInfo, { batch, time }: { readonly batch: number; readonly time: number | undefined }): RunDescription {
  if (typeof config !== "object" || config === null) throw new CliError(`info: ${path} has no config.json, so --batch and --time say nothing of it`);
  const read = config as PretrainedConfig & Readonly<Record<string, unknown>>;
  const longest = Number(read.n_positions ?? read.max_position_embeddings ?? 128);
  return describe(assemblyOf(read).model, { batch, time: time ?? Math.min(128, longest) });
}

/** The lower half of a description: the upper one lists what stands above. */
function runTable(description: RunDescription): string {
  return String(description).split("\n\n").at(-1) as string;
}

function tokenizerInfo(json: unknown, config: unknown): NonNullable<CheckpointInfo["tokenizer"]> {
  const { size, special, toJSON } = loadTokenizer(json, config);
  return { size, model: String(toJSON().model.type ?? "unknown"), special };
}

function shown(info: CheckpointInfo, { all }: { readonly all: boolean }): string {
  const lines = all ? info.tensors.map((part) => ({ ...part, times: 1 })) : folded(info.tensors);
  const rows = lines.map(({ name, times, shape, dtype, count, bytes }) => [
    name,
    times > 1 ? `× ${times}` : "",
    `[${shape.join(", ")}]`,
    dtype,
    count,
    bytesText(bytes),
  ]);
  const total = `${info.parameters.toLocaleString("en")} parameters in ${info.tensors.length} tensors, ${bytesText(info.bytes)}`;
  return [table(["tensor", "", "shape", "type", "parameters", "size"], rows), "", ...facts(info), total].join("\n");
}

/** Tensors that differ in the number of their block only, as one line. */
function folded(tensors: readonly Part[]): (Part & { readonly times: number })[] {
  const groups = new Map<string, Part & { readonly times: number }>();
  for (const part of tensors) {
    const name = part.name.replace(/\.\d+(?=\.)/g, ".*");
    const key = `${name} ${part.dtype} ${part.shape}`;
    const group = groups.get(key);
    groups.set(key, {
      ...part,
      name: group ? name : part.name,
      times: (group?.times ?? 0) + 1,
      count: (group?.count ?? 0) + part.count,
      bytes: (group?.bytes ?? 0) + part.bytes,
    });
  }
  return [...groups.values()];
}

function facts({ config, tokenizer, run, metadata }: CheckpointInfo): string[] {
  const plain = Object.entries((config ?? {}) as Readonly<Record<string, unknown>>).filter(([, value]) => typeof value !== "object" || Array.isArray(value));
  const metrics = Object.entries(run?.metrics ?? {}).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const strings = Object.entries(metadata).flatMap(([key, value]) =>
    key === "format" ? [] : [`${key} ${value.length > 60 ? `${value.slice(0, 57)}…` : value}`],
  );
  const about = [
    ["config", plain.map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(", ") : String(value)}`).join(" · ")],
    [
      "tokenizer",
      tokenizer && [`${tokenizer.model}, ${tokenizer.size} ids`, ...Object.entries(tokenizer.special).map(([role, id]) => `${role} ${id}`)].join(" · "),
    ],
    ["trained", run && [run.objective, `mask ${run.mask}`, `${run.step} steps`, ...metrics].join(" · ")],
    ["metadata", strings.join(" · ")],
  ] as const;
  return about.flatMap(([name, text]) => (text ? [`${name.padEnd(10)} ${text}`] : []));
}
