import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const candidates = [process.env.PYTHON, fileURLToPath(new URL("../.venv/bin/python", import.meta.url)), "python3", "python"];

let found: string | null | undefined;

/** A Python that has torch: the one that `PYTHON` names, the one of bench/.venv, or the machine's; null where there is none. */
export function python(): string | null {
  found ??= candidates.find((path) => path && spawnSync(path, ["-c", "import torch, numpy"], { stdio: "ignore" }).status === 0) ?? null;
  return found;
}
