import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Tolerance } from "./close.ts";

/** An array in a golden file: flat and row-major; what JSON can't say stands as a string. */
export interface GoldenArray {
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** What the elements are: `"float32"`, `"int32"`, `"bool"` (0 or 1) and others. */
  readonly dtype: string;
  /** The elements. */
  readonly data: readonly (number | "NaN" | "Infinity" | "-Infinity")[];
}

/** The common form of a golden case: an operation with inputs, outputs and mostly gradients. */
export interface GoldenCase {
  /** Its name, unique in its file. */
  readonly id: string;
  /** Where the numbers come from. */
  readonly source: string;
  /** Which operation. */
  readonly op: string;
  /** Its settings. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What goes in, by name. */
  readonly inputs: Readonly<Record<string, GoldenArray>>;
  /** What comes out, by name. */
  readonly outputs: Readonly<Record<string, GoldenArray>>;
  /** Fixed numbers c[o]: gradients are those of Σ outputs[o] · c[o]. */
  readonly cotangents?: Readonly<Record<string, GoldenArray>>;
  /** The gradients, by input. */
  readonly grads?: Readonly<Record<string, GoldenArray>>;
  /** How close is close enough. */
  readonly tolerance: Tolerance;
  /** What is special about it. */
  readonly note?: string;
}

/** A golden file. */
export interface GoldenFile<Case = GoldenCase> {
  /** What it is about: the file's name. */
  readonly area: string;
  /** How many cases it has. */
  readonly count: number;
  /** The cases. */
  readonly cases: readonly Case[];
}

/** The folder of golden files: `ASHLAR_GOLDENS`, or the repository's own. */
export function goldens(): string {
  return process.env.ASHLAR_GOLDENS ?? fileURLToPath(new URL("../../../goldens", import.meta.url));
}

/** Reads the golden file of an area; one that isn't there is skipped with a printed line. */
export function golden<Case = GoldenCase>(area: string): GoldenFile<Case> | undefined {
  const path = join(goldens(), "parts", `${area}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as GoldenFile<Case>;
  process.stderr.write(`golden ${area}: skipped, there is no parts/${area}.json in ${goldens()}\n`);
  return undefined;
}

/** The elements of a golden array as numbers. */
export function numbers(array: GoldenArray): number[] {
  return array.data.map(Number);
}
