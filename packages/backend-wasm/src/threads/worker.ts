// The program of a helper thread, which scripts/generate.ts turns into text: nothing here may be imported, and nothing runs on import.
//
// A job is a kernel and a range of units, cut into parts. Threads take one part after the other by raising the counter `NEXT`, whose upper bits
// name the job: who comes too late, to a job that is over, fails to raise it and goes back to waiting.

/** Where things stand in the control words, from `at` on; then come the slots of the last jobs, one after the other. */
export const Control = {
  /** The number of the newest job; threads sleep on it. */
  JOB: 0,
  /** The next part to be taken, under the number of the job it belongs to. */
  NEXT: 1,
  /** How many threads sleep. */
  SLEEPING: 2,
  /** Not 0: threads end. */
  CLOSED: 3,
  SLOTS: 16,
  SLOT_WORDS: 64,
  HEADER_WORDS: 16,
  PART_BITS: 11,
  JOB_MASK: 0xfffff,
} as const;

/** Where things stand in a job's slot. */
export const Slot = {
  PARTS: 0,
  /** How many parts are done; the thread that gave the job sleeps on it. */
  DONE: 1,
  /** The least of the numbers that parts returned, 0 left out. */
  FOUND: 2,
  /** Whether a part ended in an error. */
  FAILED: 3,
  KERNEL: 4,
  ARGUMENTS: 5,
  /** Which argument is a part's first unit; the next one is the unit after its last. */
  RANGE: 6,
  COUNT: 7,
  GRAIN: 8,
  /** How many arguments are addresses in a workspace that each thread has its own of, which ones, and where in it. */
  OWN: 9,
  STRIDE: 10,
  OWN_AT: 11,
  /** Where the module of the program that the kernel runs stands (its place in the kernels' table, its length, its bytes), or 0. */
  RECORD: 15,
  /** The arguments, as float64. */
  VALUES: 16,
} as const;

/** What a thread works with. */
export interface Desk {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  /** Of the control words, in words. */
  readonly at: number;
  /** The kernels, by their number. */
  readonly kernels: readonly ((...values: number[]) => unknown)[];
  /** Which thread this is: 0 gives the jobs. */
  readonly thread: number;
  /** Makes sure that the kernels' table holds the module of a record. */
  readonly install?: (record: number) => void;
}

/** Takes and does parts of a job until none is left. */
export function help({ words, numbers, at, kernels, thread, install }: Desk, job: number): void {
  const slot = at + Control.HEADER_WORDS + (job % Control.SLOTS) * Control.SLOT_WORDS;
  const word = (index: number): number => words[slot + index] as number;
  const parts = word(Slot.PARTS);
  const kernel = kernels[word(Slot.KERNEL)];
  const range = word(Slot.RANGE);
  const count = word(Slot.COUNT);
  const grain = word(Slot.GRAIN);
  const first = (slot + Slot.VALUES) >> 1;
  const values = Array.from(numbers.subarray(first, first + word(Slot.ARGUMENTS)));
  for (let own = 0; own < word(Slot.OWN); own++) {
    const index = word(Slot.OWN_AT + own);
    values[index] = (values[index] as number) + thread * word(Slot.STRIDE);
  }
  const record = word(Slot.RECORD);
  if (install && record !== 0) install(record);
  const base = job << Control.PART_BITS;
  for (;;) {
    const next = Atomics.load(words, at + Control.NEXT);
    const part = next - base;
    if (part < 0 || part >= parts) return;
    if (Atomics.compareExchange(words, at + Control.NEXT, next, next + 1) !== next) continue;
    values[range] = part * grain;
    values[range + 1] = Math.min(count, (part + 1) * grain);
    try {
      const found = (kernel as (...values: number[]) => unknown)(...values);
      if (typeof found === "number" && found !== 0) {
        for (let before = Atomics.load(words, slot + Slot.FOUND); before === 0 || before > found; ) {
          const was = Atomics.compareExchange(words, slot + Slot.FOUND, before, found);
          if (was === before) break;
          before = was;
        }
      }
    } catch {
      Atomics.store(words, slot + Slot.FAILED, 1);
    }
    if (Atomics.add(words, slot + Slot.DONE, 1) === parts - 1 && thread > 0) Atomics.notify(words, slot + Slot.DONE);
  }
}

/** What a helper thread is given. */
export interface Start {
  readonly module: object;
  readonly memory: { readonly buffer: ArrayBufferLike };
  readonly at: number;
  readonly names: readonly string[];
  readonly thread: number;
  /** How long it looks for the next job before it sleeps, in turns of a loop. */
  readonly patience: number;
}

interface Api {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, never> };
}

interface Table {
  readonly length: number;
  grow(places: number, content: unknown): number;
  set(place: number, content: unknown): void;
}

/** A helper thread's life: wait for a job, help, wait again. */
export function serve({ module, memory, at, names, thread, patience }: Start): void {
  const api = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
  const abort = (): never => {
    throw new Error("abort");
  };
  const { exports } = new api.Instance(module, { env: { memory, abort } });
  // A thread that can't have the module interprets: what comes out is the same.
  const installed = new Set<number>();
  const install = (record: number): void => {
    if (installed.has(record)) return;
    installed.add(record);
    const [place, length] = new Int32Array(memory.buffer, record, 2) as unknown as [number, number];
    const table = exports.table as unknown as Table;
    if (table.length <= place) table.grow(place + 1 - table.length, exports.interpret);
    try {
      const bytes = new Uint8Array(memory.buffer, record + 8, length).slice();
      table.set(place, new api.Instance(new api.Module(bytes), { env: { memory }, kernels: exports }).exports.run);
    } catch {
      table.set(place, exports.interpret);
    }
  };
  const words = new Int32Array(memory.buffer);
  const desk = { words, install, numbers: new Float64Array(memory.buffer), at, kernels: names.map((name) => exports[name] as never), thread };
  let seen = 0;
  for (;;) {
    for (let turn = 0; turn < patience && Atomics.load(words, at + Control.JOB) === seen; turn++);
    if (Atomics.load(words, at + Control.JOB) === seen) {
      Atomics.add(words, at + Control.SLEEPING, 1);
      Atomics.wait(words, at + Control.JOB, seen);
      Atomics.sub(words, at + Control.SLEEPING, 1);
    }
    if (Atomics.load(words, at + Control.CLOSED) !== 0) return;
    const job = Atomics.load(words, at + Control.JOB);
    if (job === seen) continue;
    seen = job;
    help(desk, job);
  }
}
