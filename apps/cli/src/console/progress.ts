import { SingleBar } from "cli-progress";
import { duration } from "./duration.ts";
import { type Output, processTerminal, say } from "./terminal.ts";

/** What is known of work under way. */
export interface ProgressState {
  /** How much is done, in the unit of the total: steps or seconds. */
  readonly done: number;
  /** The last loss that was read. */
  readonly loss?: number;
  /** How fast it goes. */
  readonly tokensPerSecond?: number;
  /** Something else worth a few words: a validation loss. */
  readonly note?: string;
}

/** Work under way, as people see it. */
export interface Progress {
  /** Tells how far it is. May be called as often as you like: it is shown a few times a second, or every few seconds where nobody looks. */
  update(state: ProgressState): void;
  /** Ends it, with a last line if there is one. The bar is gone afterwards. */
  end(text?: string): void;
}

/** What is shown, and where. */
export interface ProgressOptions {
  /** What is under way, in a few words. */
  readonly label: string;
  /** How much there is to do. */
  readonly total: { readonly steps: number } | { readonly seconds: number };
  /** How much was done before, by an earlier run; 0 unless said. */
  readonly from?: number;
  /** Where it is shown; standard output unless said. */
  readonly output?: Output;
  /** How many seconds lie between the lines where nobody looks; 5 unless said. */
  readonly every?: number;
  /** The clock, in milliseconds. */
  readonly now?: () => number;
}

/**
 * Live progress with loss, speed and time left: a bar on a terminal, a plain line every few seconds in a pipe or a file.
 *
 * @example
 * ```ts no-run
 * import { progress } from "./progress.ts";
 * const bar = progress({ label: "pretraining", total: { seconds: 60 } });
 * bar.update({ done: 12.5, loss: 2.31, tokensPerSecond: 18_000, note: "valid 2.40" });
 * bar.end("loss 1.9 after 60 s");
 * ```
 */
export function progress({ label, total, from = 0, output = processTerminal().output, every = 5, now = Date.now }: ProgressOptions): Progress {
  const began = now();
  const whole = "steps" in total ? total.steps : total.seconds;
  const words = (state: ProgressState): string => {
    const done = Math.min(state.done, whole);
    const rate = (state.done - from) / ((now() - began) / 1000); // units a second
    const left = "seconds" in total ? whole - done : (whole - done) / rate;
    return [
      "steps" in total ? `${done}/${whole}` : `${duration(done)} of ${duration(whole)}`,
      ...(state.loss === undefined ? [] : [`loss ${state.loss.toFixed(3)}`]),
      ...(state.tokensPerSecond === undefined ? [] : [`${Math.round(state.tokensPerSecond).toLocaleString("en")} tokens/s`]),
      ...(state.note ? [state.note] : []),
      ...(done < whole && Number.isFinite(left) ? [`${duration(left)} left`] : []),
    ].join(" · ");
  };
  return output.isTTY ? bar(label, whole, from, words, output) : lines(label, words, { output, every, now });
}

function bar(label: string, whole: number, from: number, words: (state: ProgressState) => string, output: Output): Progress {
  const format = "{label} {bar} {words}";
  const shown = new SingleBar({ format, barsize: 20, barCompleteChar: "█", barIncompleteChar: "░", fps: 8, clearOnComplete: true, stream: output });
  // while it is shown the terminal does not wrap lines: a process that ends in the middle must not leave it so
  const restore = (): void => shown.stop();
  process.once("exit", restore);
  shown.start(whole, from, { label, words: "" });
  return {
    update: (state) => shown.update(Math.min(state.done, whole), { words: words(state) }),
    end(text) {
      process.off("exit", restore);
      if (shown.isActive) shown.stop();
      if (text) say(output, `${label}: ${text}`);
    },
  };
}

function lines(
  label: string,
  words: (state: ProgressState) => string,
  { output, every, now }: Required<Pick<ProgressOptions, "output" | "every" | "now">>,
): Progress {
  let last = now();
  return {
    update(state) {
      if (now() - last < every * 1000) return;
      last = now();
      say(output, `${label}: ${words(state)}`);
    },
    end(text) {
      if (text) say(output, `${label}: ${text}`);
    },
  };
}
