import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** One case of a golden file; what it holds depends on its `op`. */
export interface GoldenCase<P, I, O, T> {
  readonly id: string;
  readonly op: string;
  readonly params: P;
  readonly inputs: I;
  readonly outputs: O;
  readonly table: readonly T[];
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

const folder = process.env.ASHLAR_GOLDENS ?? fileURLToPath(new URL("../../../../goldens", import.meta.url));

/** The cases of a golden file by op, or none, with a printed line, where the file is not there. */
export function goldens(path: string): <P, I, O, T = never>(op: string) => readonly GoldenCase<P, I, O, T>[] {
  const file = join(folder, path);
  if (!existsSync(file)) {
    process.stdout.write(`skipped: no golden file ${path}\n`);
    return () => [];
  }
  const { cases } = JSON.parse(readFileSync(file, "utf8"));
  return (op) => cases.filter((c: { op: string }) => c.op === op);
}
