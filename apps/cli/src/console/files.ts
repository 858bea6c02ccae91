import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readText } from "../text/corpora.ts";
import { CliError } from "./error.ts";

/** A file's JSON. @throws CliError when it can't be read or is none; TextError when it is not UTF-8. */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path}: not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A file's JSON, if the file is there. */
export function readJsonIfThere(path: string): unknown {
  return existsSync(path) ? readJson(path) : undefined;
}

/** Writes a file and the folders above it. @throws CliError that says why it could not. */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(`${path}: can't be written (${code === "ENOSPC" ? "the disk is full" : (code ?? String(error))})`);
  }
}
