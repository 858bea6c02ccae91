import type { KernelCall } from "../contract/device.ts";
import type { Work } from "./work.ts";

/** What calls of one kind came to. */
export interface ProfileSum extends Work {
  /** The kernel, with its shapes where sums are by shapes; or `upload`, `read`. */
  readonly name: string;
  /** How many calls. */
  readonly calls: number;
  /** How long they took in all. */
  readonly milliseconds: number;
}

/** An event of Chrome's trace format: a complete one, with its start and length in microseconds. */
export interface TraceEvent {
  /** What happened. */
  readonly name: string;
  /** `kernel`, `transfer` or `span`. */
  readonly cat: string;
  /** Always `X`: an event with a length. */
  readonly ph: "X";
  /** When it began. */
  readonly ts: number;
  /** How long it took. */
  readonly dur: number;
  /** Always 1. */
  readonly pid: 1;
  /** Always 1. */
  readonly tid: 1;
  /** Shapes, operations, bytes. */
  readonly args: Readonly<Record<string, string | number>>;
}

/** A trace as `chrome://tracing` and Perfetto open it, once it is written as JSON. */
export interface Trace {
  /** What happened, in the order in which it ended. */
  readonly traceEvents: readonly TraceEvent[];
  /** How times are shown. */
  readonly displayTimeUnit: "ms";
}

interface Sum {
  calls: number;
  milliseconds: number;
  operations: number;
  bytes: number;
}

/** The measurements of a profiled device. */
export class Profile {
  readonly #clock: () => number;
  readonly #keep: number;
  readonly #byKernel = new Map<string, Sum>();
  readonly #byShape = new Map<string, Sum>();
  readonly #events: TraceEvent[] = [];
  #began: number;
  #leftOut = 0;

  /** Made by `profiled`. */
  constructor(clock: () => number, keep: number) {
    this.#clock = clock;
    this.#keep = keep;
    this.#began = clock();
  }

  /** Names a stretch of time, such as a layer: what is called inside stands under it in the trace. A promise counts until it is settled. */
  span<Result>(name: string, run: () => Result): Result {
    const end = this.begin(name);
    let result: Result;
    try {
      result = run();
    } catch (error) {
      end();
      throw error;
    }
    if (result instanceof Promise) return result.finally(end) as Result;
    end();
    return result;
  }

  /** Begins a stretch of time that ends when what it returns is called. */
  begin(name: string): () => void {
    const start = this.#clock();
    return () => this.#event(name, "span", start, this.#clock(), {});
  }

  /** Sums by kernel, or by kernel and shapes; the longest first. */
  sums({ by = "kernel" }: { readonly by?: "kernel" | "shape" } = {}): ProfileSum[] {
    const found = [...(by === "kernel" ? this.#byKernel : this.#byShape)];
    return found.map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /** Milliseconds since it began: what is no call's is what the program around the calls took, or waited. */
  get elapsed(): number {
    return this.#clock() - this.#began;
  }

  /** Calls and spans that the trace lacks, since more came than it keeps. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Every call and span with its time, for `JSON.stringify`. */
  trace(): Trace {
    return { traceEvents: [...this.#events], displayTimeUnit: "ms" };
  }

  /** Begins anew. */
  clear(): void {
    this.#byKernel.clear();
    this.#byShape.clear();
    this.#events.length = 0;
    this.#leftOut = 0;
    this.#began = this.#clock();
  }

  /** Notes a call of a kernel. */
  called(call: KernelCall, work: Work, start: number, end: number): void {
    const shapes = shapesOf(call);
    add(this.#byKernel, call.kernel, end - start, work);
    add(this.#byShape, `${call.kernel} ${shapes}`, end - start, work);
    this.#event(call.kernel, "kernel", start, end, { shapes, ...work });
  }

  /** Notes bytes that went in or out. */
  moved(name: string, bytes: number, start: number, end: number): void {
    for (const sums of [this.#byKernel, this.#byShape]) add(sums, name, end - start, { operations: 0, bytes });
    this.#event(name, "transfer", start, end, { bytes });
  }

  /** Does what moves bytes, and notes it. */
  transfer<Result>(name: string, bytes: number, run: () => Result): Result {
    const start = this.#clock();
    const result = run();
    this.moved(name, bytes, start, this.#clock());
    return result;
  }

  #event(name: string, cat: string, start: number, end: number, args: TraceEvent["args"]): void {
    if (this.#events.length >= this.#keep) this.#leftOut++;
    else this.#events.push({ name, cat, ph: "X", ts: (start - this.#began) * 1000, dur: (end - start) * 1000, pid: 1, tid: 1, args });
  }
}

function add(sums: Map<string, Sum>, name: string, milliseconds: number, { operations, bytes }: Work): void {
  const sum = sums.get(name) ?? { calls: 0, milliseconds: 0, operations: 0, bytes: 0 };
  sum.calls++;
  sum.milliseconds += milliseconds;
  sum.operations += operations;
  sum.bytes += bytes;
  sums.set(name, sum);
}

/** The shapes that a call reads and makes: `"64×128 · 128×96 → 64×96"`. */
function shapesOf({ operands, outputs }: KernelCall): string {
  const list = (all: readonly { readonly shape: readonly number[] }[]): string =>
    all.map(({ shape }) => (shape.length === 0 ? "1" : shape.join("×"))).join(" · ");
  return `${list(operands)} → ${list(outputs)}`;
}
