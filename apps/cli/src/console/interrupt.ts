import { type Output, processTerminal, say } from "./terminal.ts";

/** Someone's wish to stop. Dispose of it when the work is done, so that Ctrl-C is the system's again. */
export interface Interrupt extends Disposable {
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** What is said at the first wish, and where. */
export interface InterruptOptions {
  /** What will happen: `"stopping after this step"`. */
  readonly says?: string;
  /** Where it is said; standard error unless said. */
  readonly output?: Output;
}

const echo = 300; // ms

/**
 * Listens to Ctrl-C and SIGTERM. The first one asks: it aborts the signal. The second one ends the process at once.
 *
 * @example
 * ```ts no-run
 * import { interrupt } from "./interrupt.ts";
 * using stop = interrupt({ says: "stopping after this step" });
 * for await (const step of train({ …, signal: stop.signal })) { … }
 * if (stop.signal.aborted) await save();
 * ```
 */
export function interrupt({ says = "stopping", output = processTerminal().errors }: InterruptOptions = {}): Interrupt {
  const controller = new AbortController();
  let asked = 0;
  const listen = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      // a terminal sends Ctrl-C to all its processes, and those that run scripts send it on: that is one wish
      if (performance.now() - asked > echo) process.exit(name === "SIGINT" ? 130 : 143);
      return;
    }
    asked = performance.now();
    say(output, `${output.isTTY ? "\n" : ""}${says}; Ctrl-C once more ends at once`);
    controller.abort(new Error(name));
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, listen);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, listen);
    },
  };
}
