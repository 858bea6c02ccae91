import type { Tensor } from "@ashlar/tensor";
import { type Entries, layout, type WriteOptions } from "../safetensors/layout.ts";
import type { StoredTensor } from "../safetensors/stored.ts";
import { type NewFile, writeAtomically } from "./atomic.ts";
import { baseName, fileSystem } from "./file-system.ts";

/**
 * Writes a safetensors file, one tensor at a time, whole or not at all: beside its place, flushed to the disk, then renamed. A full
 * disk leaves the old file untouched and no partial one.
 *
 * @throws CheckpointError that says what was not written and why.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { write } from "@ashlar/checkpoint";
 * import { ones } from "@ashlar/tensor";
 * const save = () => write("scale.safetensors", { scale: ones([4], { device: reference() }) }, { dtype: "bfloat16" });
 * ```
 */
export async function write(path: string, tensors: Entries<Tensor | StoredTensor>, options: WriteOptions = {}): Promise<void> {
  await writeAtomically([tensorFile(path, tensors, options)], fileSystem());
}

/** A safetensors file about to be written. */
export function tensorFile(path: string, tensors: Entries<Tensor | StoredTensor>, options: WriteOptions): NewFile {
  const { head, chunks } = layout(tensors, options, baseName(path));
  async function* all(): AsyncIterable<Uint8Array> {
    yield head;
    yield* chunks();
  }
  return { path, chunks: all };
}
