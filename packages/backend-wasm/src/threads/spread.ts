import type { WasmKernels } from "../module/kernels.ts";
import { MOST_PARTS, type Team } from "./team.ts";

/** The kernels that threads can share: those that end with a range of work. */
export type Shareable = {
  [Name in keyof WasmKernels]: Parameters<WasmKernels[Name]> extends [...number[], from: number, to: number] ? Name : never;
}[keyof WasmKernels];

type WithoutRange<Values extends readonly unknown[]> = Values extends [...infer Rest, from: number, to: number] ? Rest : never;

/** How a kernel's work is shared. */
export interface Work<Name extends Shareable> {
  /** The kernel's arguments without its range. */
  readonly values: Readonly<WithoutRange<Parameters<WasmKernels[Name]>>>;
  /** How many units there are. */
  readonly count: number;
  /** About how long a unit takes, in nanoseconds: decides whether and how finely the work is shared, never what comes out. */
  readonly cost: number;
  /** Parts begin at multiples of this, where a part's numbers come out the same only then. */
  readonly multiple?: number;
  /** The units of a part, where what comes out depends on it; else any number will do. */
  readonly grain?: number;
  /** Which arguments are addresses in a workspace of which each thread has its own, `stride` bytes apart. */
  readonly own?: readonly number[];
  readonly stride?: number;
  /** Where helpers find the module of the program that the kernel runs, or 0. */
  readonly record?: number;
}

/** Below this a call is faster alone than shared. */
const WORTH_SHARING = 40_000;
/** What a part should take, unless threads would be left without one. */
const PART = 12_000;

/** A kernel with its arguments, to be run now or again and again: gives the least number but 0 that it returned, else 0. */
export type Task = () => number;

/** A kernel over [0, count), on all threads where that pays. */
export function spread<Name extends Shareable>(kernels: WasmKernels, team: Team | undefined, kernel: Name, work: Work<Name>): Task {
  const { count, cost, multiple = 1, own = [], stride = 0, record = 0 } = work;
  if (count === 0) return nothing;
  const values = work.values as readonly number[];
  if (team && count * cost >= WORTH_SHARING && count > (work.grain ?? multiple)) {
    const grain = work.grain ?? multiple * Math.ceil(count / partsOf(count * cost, team.size) / multiple);
    if (grain < count) {
      const job = { kernel, values: [...values, 0, 0], range: values.length, count, grain, own, stride, record };
      return () => team.run(job);
    }
  }
  const run = kernels[kernel] as (...values: number[]) => number | undefined;
  if (work.grain === undefined) {
    const all = [...values, 0, count];
    return () => run(...all) ?? 0;
  }
  const { grain } = work;
  return () => {
    let found = 0;
    for (let from = 0; from < count; from += grain) {
      const here = run(...values, from, Math.min(count, from + grain)) ?? 0;
      if (found === 0) found = here;
    }
    return found;
  };
}

/** How many parts some work is cut into: as many for each thread, so that none waits for another. */
function partsOf(cost: number, threads: number): number {
  const most = Math.min(8 * threads, MOST_PARTS);
  const wanted = Math.min(most, Math.max(threads, cost / PART));
  return threads * Math.floor(wanted / threads);
}

const nothing: Task = () => 0;
