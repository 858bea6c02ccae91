import { CheckpointError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** What is asked of an open file. */
export interface Handle {
  read(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  stat(): Promise<{ readonly size: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What is asked of a file system: `node:fs/promises` is one; written out, so that users need no types of Node. */
export interface FileSystem {
  open(path: string, flags: string): Promise<Handle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { readonly force: boolean }): Promise<void>;
  mkdir(path: string, options: { readonly recursive: boolean }): Promise<unknown>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
}

/**
 * The file system of Node, Deno or Bun. It is asked for at run time instead of imported, so that a bundle for browsers holds no
 * `node:` import.
 *
 * @throws CheckpointError where there is none.
 */
export function fileSystem(): FileSystem {
  const found = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:fs/promises");
  if (!found)
    throw new CheckpointError("checkpoint: a path needs a file system, and there is none here; hand in a File, a Blob or bytes, and serialize() to write");
  return found;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

/** A file inside a folder. */
export function inFolder(folder: string, name: string): string {
  return /[\\/]$/.test(folder) ? folder + name : `${folder}/${name}`;
}

/** The code of a system error: `"ENOENT"`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

// one read of the operating system moves at most 2 GiB
const largestRead = 2 ** 30;

/** A file, opened; its bytes are read where they are asked for. */
export async function sourceOfFile(path: string): Promise<ByteSource> {
  const handle = await fileSystem().open(path, "r");
  const { size } = await handle.stat();
  const readInto = (start: number, bytes: Uint8Array): Promise<void> => fill(bytes, handle, path, start);
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    const bytes = new Uint8Array(end - start);
    await readInto(start, bytes);
    return bytes;
  };
  return { name: baseName(path), size, read, readInto, close: () => handle.close() };
}

async function fill(bytes: Uint8Array, handle: Handle, path: string, start: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(bytes.length - at, largestRead), start + at);
    if (bytesRead === 0)
      throw new CheckpointError(`${baseName(path)}: the file ended at ${start + at} while bytes up to ${start + bytes.length} were read; it has changed`);
    at += bytesRead;
  }
}
