// Contenders as processes of their own that take turns: in every round each does the workload for its share of time while the others wait without
// spinning, so that what else the machine does falls on all alike. Before anything is timed they must agree on what they compute.
import type { Contender, Racing } from "./contender.ts";
import type { Said } from "./peer.ts";
import { Racer } from "./racer.ts";

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
    for (const { contender, racer, said } of await prepared(contenders, (contender) => start(contender, threads))) {
      const { name } = contender;
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

/** Starts contenders, two at a time, and hears what each computed. */
async function prepared(contenders: readonly Contender[], start: (contender: Contender) => Racing) {
  const out: { readonly contender: Contender; readonly racer: Racing; readonly said: Said }[] = [];
  const left = contenders.entries();
  const some = async (): Promise<void> => {
    for (const [index, contender] of left) {
      const racer = start(contender);
      out[index] = { contender, racer, said: await racer.hear() };
    }
  };
  await Promise.all([some(), some()]);
  return out;
}

/** The largest difference of two rows of numbers, relative to the largest of them. */
function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...b.map(Math.abs), Number.MIN_VALUE);
  return a.reduce((most, value, i) => Math.max(most, Number.isNaN(value) ? Number.POSITIVE_INFINITY : Math.abs(value - b[i]!) / largest), 0);
}

const shown = (numbers: readonly number[]): string => `${numbers.slice(0, 6).map((value) => Number(value.toPrecision(5)))}${numbers.length > 6 ? ", …" : ""}`;
