import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type NameTable, save, write } from "@ashlar/checkpoint";
import { type Tokenizer, tokenizerFiles } from "@ashlar/text";
import { type OptimizerState, type RunState, saveState } from "@ashlar/train";
import { CliError } from "../console/error.ts";
import { type RunRecord, recordFile, recordText } from "./record.ts";

/** The file that a run goes on from: parameters, the optimizer's state and where the data stand, in one. */
export const trainingFile = "training.safetensors";

/** What is saved. */
export interface RunContents {
  /** The model's configuration and its tensors' names: an assembly of `@ashlar/models`. */
  readonly assembly: { readonly config: object; readonly names: NameTable };
  /** The parameters. */
  readonly params: unknown;
  /** The tokenizer. */
  readonly tokenizer: Tokenizer;
  /** What the run says of itself. */
  readonly record: RunRecord;
  /** The state that training goes on from; without it the run can be used but not resumed. */
  readonly state?: RunState<unknown, OptimizerState>;
}

/**
 * Saves a run as a folder in Hugging Face's layout: `config.json`, `model.safetensors`, `tokenizer.json`, and beside them `ashlar.json` and the
 * state that training goes on from.
 *
 * Each file is written beside its place and renamed when it is whole, and each is whole in itself: `training.safetensors` holds all that
 * resuming needs, `model.safetensors` all that generating does. A process that is killed between the two leaves a model that is one save
 * newer than the state, and both can be used.
 *
 * @throws CheckpointError that says what was not written and why; what was there before is untouched.
 */
export async function saveRun(folder: string, { assembly: { config, names }, params, tokenizer, record, state }: RunContents): Promise<void> {
  const files = { ...tokenizerFiles(tokenizer), [recordFile]: recordText(record) };
  await save(folder, params, { table: names, config, files, metadata: { step: String(record.step) } });
  if (!state) return;
  const { tensors, json } = saveState(state);
  await write(join(folder, trainingFile), tensors, { metadata: { state: JSON.stringify(json) } });
}

/** Removes what a killed process left half-written. @throws CliError when the folder can't be changed. */
export async function removePartial(folder: string): Promise<void> {
  try {
    for (const name of await readdir(folder)) if (/\.[0-9a-f]{8}\.partial$/.test(name)) await rm(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      throw new CliError(`${folder}: can't be changed (${error instanceof Error ? error.message : String(error)})`);
  }
}
