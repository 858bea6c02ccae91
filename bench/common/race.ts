// Contenders as processes of their own that take turns: in every round each does the workload for its share of time while the others wait without
// spinning, so that what else the machine does falls on all alike. Before anything is timed they must agree on what they compute.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { mark, type Said } from "./peer.ts";
import { python } from "./python.ts";

/** Whose a contender is: Ashlar's, a peer's on WebAssembly, or one that runs natively. */
export type Kind = "ours" | "wasm" | "native";

/** A way of doing a workload. */
export interface Contender {
  readonly name: string;
  readonly kind: Kind;
  /** The file that does it, under peers/: TypeScript or Python. */
  readonly file: string;
  readonly variant?: string;
  /** The most threads that it can use; it is named in the tables of more. */
  readonly most?: number;
  /** How far its numbers may be from the others', where that isn't the workload's tolerance: weights of fewer bits. */
  readonly tolerance?: number;
  /** In a page: what computes, `wasm` unless said. */
  readonly backend?: string;
}

/** A contender in a race. */
export interface Racing {
  /** What it says next; at first, what it computed. */
  hear(): Promise<Said>;
  /** Does it once more. */
  again(): Promise<Said>;
  end(): void;
}

/** A contender's times, by what was measured: milliseconds, one for each repetition. */
export interface Run {
  readonly contender: Contender;
  readonly times: Readonly<Record<string, readonly number[]>>;
}

/** A contender that didn't run. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** What came of a race. */
export interface Race {
  readonly runs: readonly Run[];
  readonly absent: readonly Absence[];
}

/** How long a race goes on. */
export interface Pace {
  readonly threads: number;
  /** The seconds that all contenders share, beside getting ready; every one gets at least two turns. */
  readonly seconds: number;
  /** The milliseconds of a turn; a repetition that takes longer is finished. */
  readonly share?: number;
  /** How far numbers may differ, relative to the largest of those compared. */
  readonly tolerance: number;
  /** How a contender starts: as a process unless said. */
  readonly start?: (contender: Contender, threads: number) => Racing;
}

/** Lets a pool of threads that still spins go to sleep before the next one's turn. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));

/** Starts all contenders, compares what they computed, and times them in turns. */
export async function race(contenders: readonly Contender[], { threads, seconds, share = 150, tolerance, start = Racer.start }: Pace): Promise<Race> {
  const absent: Absence[] = [];
  const ready: { readonly contender: Contender; readonly racer: Racing; readonly times: Record<string, number[]> }[] = [];
  let expected: { readonly name: string; readonly numbers: readonly number[] } | undefined;
  try {
    for (const contender of contenders) {
      const { name } = contender;
      const racer = start(contender, threads);
      const said = await racer.hear();
      const numbers = "numbers" in said ? said.numbers : undefined;
      expected ??= numbers && { name, numbers };
      const apart = numbers && expected && distance(numbers, expected.numbers);
      if (numbers && apart! <= (contender.tolerance ?? tolerance)) ready.push({ contender, racer, times: {} });
      else {
        racer.end();
        const reason = numbers ? `computes something else than ${expected!.name}: ${shown(numbers)} instead of ${shown(expected!.numbers)}` : undefined;
        absent.push({ name, reason: reason ?? ("cannot" in said ? said.cannot : "said nothing") });
        if (numbers) process.exitCode = 1;
      }
    }
    const until = performance.now() + 1000 * seconds;
    for (let round = 0; round < 2 || performance.now() < until; round++) {
      for (const { contender, racer, times } of ready) {
        if (absent.some(({ name }) => name === contender.name)) continue;
        await settle();
        const end = performance.now() + share;
        do {
          const said = await racer.again();
          if (!("times" in said)) {
            absent.push({ name: contender.name, reason: "cannot" in said ? said.cannot : "gave no times" });
            break;
          }
          for (const [measure, time] of Object.entries(said.times)) {
            times[measure] ??= [];
            times[measure].push(time);
          }
        } while (performance.now() < end);
      }
    }
  } finally {
    for (const { racer } of ready) racer.end();
  }
  return { runs: ready, absent };
}

/** The largest difference of two rows of numbers, relative to the largest of them. */
function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...b.map(Math.abs), Number.MIN_VALUE);
  return a.reduce((most, value, i) => Math.max(most, Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - b[i]!) / largest), 0);
}

const shown = (numbers: readonly number[]): string => `${numbers.slice(0, 6).map((value) => Number(value.toPrecision(5)))}${numbers.length > 6 ? ", …" : ""}`;

/** The command that starts a contender's process, or why there is none. With `built`, packages are those that `pnpm build` made, not their sources. */
export function command(
  { file, variant = "" }: Pick<Contender, "file" | "variant">,
  threads: number,
  { built = false } = {},
): readonly string[] | string {
  const path = fileURLToPath(new URL(`../peers/${file}`, import.meta.url));
  const rest = [path, String(threads), variant];
  if (!file.endsWith(".py")) return [process.execPath, "--disable-warning=ExperimentalWarning", ...(built ? [] : ["--conditions=@ashlar/source"]), ...rest];
  const found = python();
  return found ? [found, ...rest] : "no Python with torch here: name one in PYTHON, or make bench/.venv";
}

/** A contender's process. */
class Racer implements Racing {
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
      const last = complaint.trim().split("\n").filter((line) => /error|cannot|not |killed/i.test(line))[0];
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
    if (this.#ended === undefined) this.#child?.stdin!.write("again\n");
    return this.hear();
  }

  end(): void {
    if (this.#ended === undefined) this.#child?.kill("SIGKILL");
  }
}
