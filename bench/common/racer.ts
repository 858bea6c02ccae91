import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Contender, Racing } from "./contender.ts";
import { mark, type Said } from "./peer.ts";
import { python } from "./python.ts";

/** The command that starts a contender's process, or why there is none. With `built`, packages are those that `pnpm build` made, not their sources. */
export function command({ file, variant = "" }: Pick<Contender, "file" | "variant">, threads: number, { built = false } = {}): readonly string[] | string {
  const path = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const rest = [path, String(threads), variant];
  if (!file.endsWith(".py")) return [process.execPath, "--disable-warning=ExperimentalWarning", ...(built ? [] : ["--conditions=@ashlar/source"]), ...rest];
  const found = python();
  return found ? [found, ...rest] : "no Python with torch here: name one in PYTHON, or make bench/.venv";
}

/** A contender's process. */
export class Racer implements Racing {
  readonly #child: ChildProcess | undefined;
  readonly #said: Said[] = [];
  #heard: ((said: Said) => void) | undefined;
  #ended: string | undefined;

  private constructor(child: ChildProcess | undefined, ended?: string) {
    this.#child = child;
    this.#ended = ended;
    if (!child) return;
    let complaint = "";
    child.stderr!.on("data", (text) => {
      complaint = `${complaint}${text}`.slice(-2000);
    });
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (line.startsWith(mark)) this.#hand(JSON.parse(line.slice(mark.length)) as Said);
    });
    child.on("close", (code, signal) => {
      const last = complaint
        .trim()
        .split("\n")
        .filter((line) => /error|cannot|not |killed/i.test(line))[0];
      this.#ended = last ?? `its process ended with ${signal ?? code}`;
      this.#hand({ cannot: this.#ended });
    });
  }

  static start(contender: Contender, threads: number): Racer {
    const line = command(contender, Math.min(threads, contender.most ?? threads));
    if (typeof line === "string") return new Racer(undefined, line);
    return new Racer(spawn(line[0]!, line.slice(1), { stdio: ["pipe", "pipe", "pipe"] }));
  }

  #hand(said: Said): void {
    const heard = this.#heard;
    this.#heard = undefined;
    if (heard) heard(said);
    else this.#said.push(said);
  }

  /** What the process says next; after ten minutes without a word it is given up. */
  hear(): Promise<Said> {
    const first = this.#said.shift();
    if (first) return Promise.resolve(first);
    if (this.#ended !== undefined) return Promise.resolve({ cannot: this.#ended });
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#hand({ cannot: "no answer in ten minutes" });
        this.end();
      }, 600_000);
      this.#heard = (said) => {
        clearTimeout(late);
        resolve(said);
      };
    });
  }

  again(): Promise<Said> {
    if (this.#ended === undefined) this.#child?.stdin?.write("again\n");
    return this.hear();
  }

  end(): void {
    if (this.#ended === undefined) this.#child?.kill("SIGKILL");
  }
}
