import { CheckpointError, quoted } from "../errors.ts";
import { type BlobLike, type ByteSource, sourceOfBlob, sourceOfBytes } from "./byte-source.ts";
import { baseName, codeOf, fileSystem, inFolder, sourceOfFile } from "./file-system.ts";

/** Where a checkpoint is: a path, bytes, a blob or file, several files with names, or something that reads ranges of bytes. */
export type CheckpointFiles = string | Uint8Array | BlobLike | ByteSource | Iterable<BlobLike>;

/** The file of tensors in a folder of Hugging Face's layout. */
export const singleFile = "model.safetensors";
/** The list of tensors and their files where there are several. */
export const indexFile = "model.safetensors.index.json";

/** Files by name. */
export interface Folder {
  /** Its name, for messages. */
  readonly name: string;
  /** The file of that name, if it is there. */
  file(name: string): Promise<ByteSource | undefined>;
  /** What is there instead of what was looked for. */
  found(): string;
}

/** One file, or a folder of them. */
export async function located(files: CheckpointFiles): Promise<{ readonly source: ByteSource } | Folder> {
  if (typeof files === "string") return locatedPath(files);
  if (files instanceof Uint8Array) return { source: sourceOfBytes(files) };
  if (Symbol.iterator in files) return dropped(Array.from(files));
  return { source: "slice" in files ? sourceOfBlob(files) : files };
}

async function locatedPath(path: string): Promise<{ readonly source: ByteSource } | Folder> {
  const disk = fileSystem();
  try {
    const isFolder = (await disk.stat(path)).isDirectory();
    if (!isFolder) return { source: await sourceOfFile(path) };
  } catch (error) {
    throw codeOf(error) === "ENOENT" ? new CheckpointError(`checkpoint: there is no ${quoted(path)}`, { cause: error }) : unreadable(path, error);
  }
  return { name: baseName(path), file: (name) => fileIn(path, name), found: () => "neither" };
}

async function fileIn(folder: string, name: string): Promise<ByteSource | undefined> {
  const path = inFolder(folder, name);
  try {
    return await sourceOfFile(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CheckpointError {
  const reason = codeOf(error) === "EACCES" ? "permission denied" : error instanceof Error ? error.message : String(error);
  return new CheckpointError(`checkpoint: ${quoted(path)} can't be read: ${reason}`, { cause: error });
}

function dropped(blobs: readonly BlobLike[]): { readonly source: ByteSource } | Folder {
  const byName = new Map(blobs.map((blob) => [blob.name ?? "", blob]));
  const tensorFiles = blobs.filter(({ name }) => name?.endsWith(".safetensors"));
  const [only] = tensorFiles;
  if (only && tensorFiles.length === 1 && !byName.has(indexFile)) return { source: sourceOfBlob(only) };
  const file = async (name: string): Promise<ByteSource | undefined> => {
    const blob = byName.get(name);
    return blob && sourceOfBlob(blob);
  };
  return { name: "the files", file, found: () => [...byName.keys()].map(quoted).join(", ") || "no file" };
}
