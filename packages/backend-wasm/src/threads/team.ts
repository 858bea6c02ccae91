import { DeviceError } from "@ashlar/backend";
import type { WasmKernels } from "../module/kernels.ts";
import type { LinearMemory } from "../module/webassembly.ts";
import { type Helper, spawn } from "./spawn.ts";
import { Control, type Desk, help, Slot } from "./worker.ts";

/** The bytes of the control words and the slots of jobs. */
export const CONTROL_BYTES: number = 4 * (Control.HEADER_WORDS + Control.SLOTS * Control.SLOT_WORDS);

/** The most parts of a job. */
export const MOST_PARTS: number = 2 ** Control.PART_BITS - 1;

const LOOKS = 4000; // turns of a loop before a thread sleeps: some tens of microseconds
const PATIENCE_MS = 1000;
const GIVE_UP_MS = 30_000;

/** A kernel over the units [0, count), a part of `grain` units at a time. */
export interface Job {
  /** Which kernel. */
  readonly kernel: keyof WasmKernels;
  /** Its arguments; those of the range and of workspaces are filled in. */
  readonly values: readonly number[];
  /** Where among them the range's two numbers stand. */
  readonly range: number;
  readonly count: number;
  readonly grain: number;
  /** Which arguments are addresses in the first thread's workspace, and how far it is to the next thread's. */
  readonly own: readonly number[];
  readonly stride: number;
  /** Where helpers find the module of the program that the kernel runs, or 0. */
  readonly record: number;
}

/**
 * The threads of a device: the calling one, and helpers that start at the first job worth sharing and join when they are up. Parts are taken
 * one by one by whoever is free, so that a slow thread, or one that isn't there yet, holds nobody up.
 */
export class Team {
  /** How many threads there may be, the calling one included. */
  readonly size: number;
  readonly #desk: Desk;
  readonly #names: readonly string[];
  readonly #numberOf: ReadonlyMap<string, number>;
  readonly #module: object;
  readonly #memory: LinearMemory;
  readonly #canSleep: boolean;
  #helpers: Helper[] | undefined;
  #job = 0;
  #broken: string | undefined;

  constructor(kernels: WasmKernels, module: object, memory: LinearMemory, at: number, size: number) {
    const names = Object.keys(kernels);
    const functions = kernels as unknown as Readonly<Record<string, (...values: number[]) => unknown>>;
    const words = new Int32Array(memory.buffer);
    this.size = size;
    this.#names = names;
    this.#numberOf = new Map(names.map((name, index) => [name, index]));
    this.#module = module;
    this.#memory = memory;
    this.#desk = { words, numbers: new Float64Array(memory.buffer), at: at / 4, kernels: names.map((name) => functions[name]!), thread: 0 };
    this.#canSleep = mayWait();
    words.fill(0, at / 4, at / 4 + CONTROL_BYTES / 4);
  }

  /** Does a job with all threads; gives the least number but 0 that a part returned, else 0. @throws DeviceError when a thread is gone. */
  run(job: Job): number {
    this.expectWhole();
    this.#helpers ??= this.#start();
    const number = (this.#job + 1) & Control.JOB_MASK || 1;
    this.#job = number;
    const parts = Math.ceil(job.count / job.grain);
    const { words, at } = this.#desk;
    const slot = this.#write(job, number, parts);
    Atomics.store(words, at + Control.NEXT, number << Control.PART_BITS);
    Atomics.store(words, at + Control.JOB, number);
    if (Atomics.load(words, at + Control.SLEEPING) > 0) Atomics.notify(words, at + Control.JOB);
    help(this.#desk, number);
    this.#await(slot, parts);
    if (words[slot + Slot.FAILED] !== 0) throw new DeviceError(`${job.kernel}: a kernel met a state that it holds to be impossible`);
    return words[slot + Slot.FOUND]!;
  }

  /** A DeviceError once a helper thread ended on its own. */
  expectWhole(): void {
    if (this.#broken)
      throw new DeviceError(`wasm: a helper thread is gone (${this.#broken}), and what it worked on with it; make a new device with await wasm()`);
  }

  /** Ends the helpers. */
  close(): void {
    const { words, at } = this.#desk;
    Atomics.store(words, at + Control.CLOSED, 1);
    Atomics.notify(words, at + Control.JOB);
    for (const helper of this.#helpers ?? []) helper.end();
    this.#helpers = [];
  }

  #start(): Helper[] {
    const { at } = this.#desk;
    const shared = { module: this.#module, memory: this.#memory, at, names: this.#names, patience: LOOKS };
    const failed = (reason: string): void => {
      this.#broken ??= reason;
    };
    return Array.from({ length: this.size - 1 }, (_, index) => spawn({ ...shared, thread: index + 1 }, failed)).filter((helper) => helper !== false);
  }

  #write({ kernel, values, range, count, grain, own, stride, record }: Job, number: number, parts: number): number {
    const { words, numbers, at } = this.#desk;
    const slot = at + Control.HEADER_WORDS + (number % Control.SLOTS) * Control.SLOT_WORDS;
    words[slot + Slot.PARTS] = parts;
    words[slot + Slot.DONE] = 0;
    words[slot + Slot.FOUND] = 0;
    words[slot + Slot.FAILED] = 0;
    words[slot + Slot.KERNEL] = this.#numberOf.get(kernel)!;
    words[slot + Slot.ARGUMENTS] = values.length;
    words[slot + Slot.RANGE] = range;
    words[slot + Slot.COUNT] = count;
    words[slot + Slot.GRAIN] = grain;
    words[slot + Slot.OWN] = own.length;
    words[slot + Slot.STRIDE] = stride;
    words[slot + Slot.RECORD] = record;
    words.set(own, slot + Slot.OWN_AT);
    numbers.set(values, (slot + Slot.VALUES) >> 1);
    return slot;
  }

  // Looks for a while, then sleeps where that is allowed; a thread that holds a part for half a minute is given up.
  #await(slot: number, parts: number): void {
    const { words } = this.#desk;
    for (let turn = 0; turn < LOOKS; turn++) if (Atomics.load(words, slot + Slot.DONE) === parts) return;
    const started = performance.now();
    let progress = started;
    let before = -1;
    for (;;) {
      const done = Atomics.load(words, slot + Slot.DONE);
      if (done === parts) return;
      const now = performance.now();
      if (done !== before) [before, progress] = [done, now];
      if (now - progress > GIVE_UP_MS) {
        this.#broken ??= `it did not answer for ${GIVE_UP_MS / 1000} s`;
        this.expectWhole();
      }
      if (this.#canSleep) Atomics.wait(words, slot + Slot.DONE, done, PATIENCE_MS);
    }
  }
}

/** Whether this thread may sleep: a browser's main thread may not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}
