import { CheckpointError, quoted } from "../errors.ts";
import { codeOf, type FileSystem } from "./file-system.ts";

/** A file about to be written. */
export interface NewFile {
  /** Where it will be. */
  readonly path: string;
  /** What will be in it. */
  readonly chunks: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes files as one: each beside its place, flushed to the disk, and only when all are whole are they renamed into place. Whatever
 * fails before that, the files that were there are untouched and the partial ones are removed.
 *
 * @throws CheckpointError that says which file, why, and what became of those that were there.
 */
export async function writeAtomically(files: readonly NewFile[], disk: FileSystem): Promise<void> {
  const partial = files.map(({ path }) => `${path}.${crypto.randomUUID().slice(0, 8)}.partial`);
  let at = 0;
  let replaced = 0;
  try {
    for (const [index, file] of files.entries()) {
      at = index;
      await writeWhole(partial[index] as string, file.chunks(), disk);
    }
    for (const [index, { path }] of files.entries()) {
      at = index;
      await disk.rename(partial[index] as string, path);
      replaced++;
    }
  } catch (error) {
    // a failure to clean up must not hide what went wrong
    for (const path of partial) await disk.rm(path, { force: true }).catch(() => undefined);
    throw failure((files[at] as NewFile).path, error, files.slice(0, replaced));
  }
  await flushFolder((files[0] as NewFile).path, disk);
}

async function writeWhole(path: string, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, disk: FileSystem): Promise<void> {
  const handle = await disk.open(path, "wx");
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at, Math.min(chunk.length - at, 2 ** 30))).bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the renames last through a power cut, where the system lets a folder be flushed (Windows does not). */
async function flushFolder(path: string, disk: FileSystem): Promise<void> {
  const folder = path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1) || ".";
  try {
    const handle = await disk.open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // the files are whole and in place; only their names may be younger than the disk
  }
}

const reasons: ReadonlyMap<string | undefined, string> = new Map([
  ["ENOSPC", "the disk is full; make room or write elsewhere"],
  ["EDQUOT", "the disk quota is used up; make room or write elsewhere"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EROFS", "the file system is read-only"],
  ["ENOENT", "its folder does not exist"],
  ["ENOTDIR", "its folder is a file"],
  ["EISDIR", "there is a folder of this name"],
]);

function failure(path: string, error: unknown, replaced: readonly NewFile[]): CheckpointError {
  const own = CheckpointError.is(error) ? error.message : reasons.get(codeOf(error));
  const reason = own ?? (error instanceof Error ? error.message : String(error));
  const rest = replaced.length > 0 ? `${replaced.map((file) => quoted(file.path)).join(", ")} had been replaced already` : "what was there before is untouched";
  return new CheckpointError(`${quoted(path)} was not written: ${reason}; ${rest}`, { cause: error });
}
