import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "@ashlar/backend";
import { open, saved, toTensor } from "@ashlar/checkpoint";
import { type AnyAssembly, assemblyOf, type PretrainedConfig, quantizedAssembly } from "@ashlar/models";
import { type AnyModule, casting, init, quantizing, type Source } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import { loadTokenizer, type Tokenizer } from "@ashlar/text";
import { type OptimizerState, type RunState, restoreState, type SavedRun } from "@ashlar/train";
import { CliError } from "../console/error.ts";
import { readJson, readJsonIfThere } from "../console/files.ts";
import { parseRecord, type RunRecord, recordFile } from "./record.ts";
import { trainingFile } from "./save.ts";

/** A configuration as `config.json` has it. */
export type FileConfig = PretrainedConfig & Readonly<Record<string, unknown>>;

/** A run folder, opened; or any folder in Hugging Face's layout. */
export interface OpenRun {
  /** What `config.json` says. */
  readonly config: FileConfig;
  /** The model and its tensors' names; `kind` tells how it is called. */
  readonly assembly: AnyAssembly;
  /** The parameters, on the device. */
  readonly params: unknown;
  /** The tokenizer. */
  readonly tokenizer: Tokenizer;
  /** What the run says of itself; undefined where it wasn't made here. */
  readonly record: RunRecord | undefined;
}

const inHalves = (dtype: "float16" | "bfloat16") => (assembly: AnyAssembly) => ({ assembly, from: (source: Source) => casting(source, dtype) });
const inGroups = (bits: 8 | 4) => (assembly: AnyAssembly) => ({ assembly: quantizedAssembly(assembly, { bits }), from: quantizing });

/** How the weights of a run may be kept while it is used. */
export const weightsKept = { float16: inHalves("float16"), bfloat16: inHalves("bfloat16"), int8: inGroups(8), int4: inGroups(4) } as const;

/** How a run is opened. */
export interface OpenOptions {
  /** Where its parameters go. */
  readonly device: Device;
  /** In what its matrices are kept, if not as they were saved. */
  readonly weights?: keyof typeof weightsKept;
}

/**
 * Opens a run: its model, parameters and tokenizer.
 *
 * @throws CliError when the folder or a file is missing, or weights are to be kept smaller that were saved quantized; CheckpointError when the tensors are
 * broken or don't fit the configuration; NnError when a matrix can't be quantized.
 */
export async function openRun(folder: string, { device, weights }: OpenOptions): Promise<OpenRun> {
  expectFolder(folder);
  const config = readConfig(folder);
  const whole = assemblyOf(config);
  if (weights && config.quantization_config) throw new CliError(`${folder}: its weights were saved quantized and are kept so; leave --weights out`);
  const { assembly, from } = weights ? weightsKept[weights](whole) : { assembly: whole, from: (source: Source) => source };
  const model: AnyModule<never, unknown> = assembly.model;
  // what is to be kept otherwise comes to the device one by one, and never lies there whole
  const source = await saved(folder, { device, table: whole.names, waiting: weights ? "host" : "device" });
  const params: unknown = init(model, from(source));
  return { config, assembly, params, tokenizer: readTokenizer(folder), record: readRecord(folder) };
}

/** @throws CliError unless it is a folder. */
export function expectFolder(folder: string): void {
  if (!existsSync(folder)) throw new CliError(`${folder}: there is no such folder`);
  if (!statSync(folder).isDirectory()) throw new CliError(`${folder}: expected a folder with config.json and model.safetensors, got a file`);
}

/** A folder's configuration. @throws CliError when there is none. */
export function readConfig(folder: string): FileConfig {
  const path = join(folder, "config.json");
  if (!existsSync(path)) throw new CliError(`${folder}: there is no config.json in it; expected a folder in Hugging Face's layout, as ashlar train makes`);
  const config = readJson(path);
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw new CliError(`${path}: expected an object`);
  return config as FileConfig;
}

/** A folder's tokenizer. @throws CliError when there is none. */
export function readTokenizer(folder: string): Tokenizer {
  const path = join(folder, "tokenizer.json");
  if (!existsSync(path)) throw new CliError(`${folder}: there is no tokenizer.json in it`);
  return loadTokenizer(readJson(path), readJsonIfThere(join(folder, "tokenizer_config.json")));
}

/** What a folder's run says of itself; undefined where it wasn't made here. */
export function readRecord(folder: string): RunRecord | undefined {
  const record = readJsonIfThere(join(folder, recordFile));
  return record === undefined ? undefined : parseRecord(record, join(folder, recordFile));
}

/**
 * The state that a run goes on from.
 *
 * @param params the model's parameters, fresh or saved: the state must have their form
 * @throws CliError when the folder has none; CheckpointError when it is broken; TrainError when it is that of another model.
 */
export async function readTraining<Params>(
  folder: string,
  { device, params }: { readonly device: Device; readonly params: Params },
): Promise<RunState<Params, OptimizerState>> {
  const path = join(folder, trainingFile);
  if (!existsSync(path)) throw new CliError(`${folder}: there is no ${trainingFile} in it, so it can be used but not continued`);
  await using file = await open(path);
  const state = file.metadata.get("state");
  if (state === undefined) throw new CliError(`${path}: expected the state of a run beside its tensors, found none; was it written by another program?`);
  const tensors: Record<string, Tensor> = {};
  for (const name of file.tensors.keys()) tensors[name] = toTensor(await file.read(name), { device, name });
  return restoreState<Params>({ tensors, json: JSON.parse(state) as SavedRun["json"] }, { params });
}
