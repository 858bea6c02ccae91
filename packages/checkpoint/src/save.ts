import { configJson } from "./config-json.ts";
import { CheckpointError, quoted } from "./errors.ts";
import { type NewFile, writeAtomically } from "./files/atomic.ts";
import { fileSystem, inFolder } from "./files/file-system.ts";
import { singleFile } from "./files/locate.ts";
import { tensorFile } from "./files/write.ts";
import { named } from "./named.ts";
import type { NameTable } from "./names/table.ts";
import type { FloatType } from "./safetensors/encode.ts";
import { type Entries, entriesOf } from "./safetensors/layout.ts";

/** What is saved beside the parameters, and how. */
export interface SaveOptions {
  /** How paths become names; unless given they are the same. */
  readonly table?: NameTable;
  /** What `config.json` says. Fields that transformers declares as floats are written as floats (`1.0`), since it refuses whole numbers there. */
  readonly config?: object;
  /** Other files for the folder, by name: a tokenizer, a generation config. */
  readonly files?: Entries<string | Uint8Array>;
  /** Strings to keep in the file of tensors; `format: "pt"`, which transformers asks for, is added. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How float32 tensors are stored, float32 unless said. */
  readonly dtype?: FloatType;
}

/**
 * Saves a tree of parameters in Hugging Face's layout: a folder with `model.safetensors` and `config.json`, or, when the path ends in
 * `.safetensors`, that file with the others beside it. All files are written before the first one replaces an old one.
 *
 * @throws CheckpointError that says what was not written and why; after a full disk the old checkpoint is as it was.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { save } from "@ashlar/checkpoint";
 * import { ones } from "@ashlar/tensor";
 * const params = { scale: ones([4], { device: reference() }) };
 * const keep = () => save("runs/first", params, { config: { model_type: "tiny" } });
 * ```
 */
export async function save(path: string, params: unknown, { table, config, files = {}, metadata, dtype = "float32" }: SaveOptions = {}): Promise<void> {
  const isFile = path.endsWith(".safetensors");
  const folder = isFile ? path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) : path;
  const beside = (name: string): string => (folder === "" ? name : inFolder(folder, name));
  const disk = fileSystem();
  const tensors = tensorFile(isFile ? path : beside(singleFile), named(params, table), { metadata: { format: "pt", ...metadata }, dtype });
  const others = entriesOf(files).map(([name, content]) => newFile(beside(name), content));
  if (config) others.push(newFile(beside("config.json"), configJson(config)));
  if (folder !== "") await makeFolder(folder);
  await writeAtomically([...others, tensors], disk);

  async function makeFolder(name: string): Promise<void> {
    try {
      await disk.mkdir(name, { recursive: true });
    } catch (error) {
      throw new CheckpointError(`${quoted(name)} can't be made a folder: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

function newFile(path: string, content: string | Uint8Array): NewFile {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, chunks: () => [bytes] };
}
