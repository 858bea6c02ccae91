// A contender's side of a race: a process that prepares a workload, says what it computed, and then does it once for every line it is sent.
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

/** Milliseconds by what was measured. */
export type Times = Readonly<Record<string, number>>;

/** A workload that stands ready. */
export interface Ready {
  /** What it computes, to be compared with the others'. */
  readonly numbers: readonly number[];
  /** Does it once, to the end: the result has been read when it returns. */
  run(): Times | Promise<Times>;
}

/** What a contender's process is told. */
export interface Given {
  readonly threads: number;
  /** Which of the contender's ways. */
  readonly variant: string;
  /** In a page: what computes, `wasm`, `webgl` or `webgpu`. */
  readonly backend: string;
}

/** What a contender's process says, a line each. */
export type Said = { readonly numbers: readonly number[] } | { readonly times: Times } | { readonly cannot: string };

/** Lines that begin so are for the race; libraries may print others. */
export const mark = "bench:";

const say = (said: Said): void => void writeSync(1, `${mark}${JSON.stringify(said)}\n`);
const [threads = "1", variant = ""] = process.argv.slice(2);

/** Prepares and answers until the input ends. Between two lines the process waits, without spinning. */
export async function serve(prepare: (given: Given) => Ready | Promise<Ready>): Promise<never> {
  try {
    const { numbers, run } = await prepare({ threads: Number(threads), variant, backend: "wasm" });
    say({ numbers });
    for await (const _ of createInterface({ input: process.stdin })) say({ times: await run() });
  } catch (error) {
    say({ cannot: error instanceof Error ? error.message : String(error) });
  }
  // Pools of workers, where a library has no way to end them, would hold the process.
  process.exit(0);
}

/** How long something took, in milliseconds. */
export async function milliseconds(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
