import type { Heap } from "../memory/heap.ts";
import type { WasmKernels } from "../module/kernels.ts";
import type { FunctionTable, LinearMemory } from "../module/webassembly.ts";
import { webAssembly } from "../module/webassembly.ts";
import { arityOf, type Encoded } from "../program/encode.ts";
import { inlinable } from "./inline.ts";
import type { Mode, VectorFunction } from "./program.ts";
import { emitProgram } from "./program.ts";
import { exportedBodies } from "./reader.ts";

/** A module that was emitted for a program. */
export interface Emitted {
  /** Its function's place in the kernels' table. */
  readonly place: number;
  /** Where helper threads find it (its place, its length, its bytes), or 0 where there are none. */
  readonly record: number;
}

/** Numbers times instructions that a program does before it is worth a module: some tens of microseconds. */
export const WORTH_EMITTING = 60_000;
/** The most modules of a device; programs beyond are interpreted. */
const MOST = 512;
/** Rows shorter than this are better gathered into blocks, as the interpreter does. */
const LEAST_ROW = 32;

/** What the emitter works with. */
export interface EmitterParts {
  readonly kernels: WasmKernels;
  /** The kernels' module: where the instructions' bodies stand. */
  readonly binary: Uint8Array;
  /** The functions that kernels call by their place. */
  readonly table: FunctionTable;
  readonly memory: LinearMemory;
  readonly heap: Heap;
  /** Numbers times instructions that a program does before it gets a module. */
  readonly worth: number;
  /** The most pages of the memory, where helper threads share it. */
  readonly sharedPages?: number;
}

/**
 * Makes modules of programs that have proved to be worth it, and keeps them. Programs of the same instructions share one, since constants and
 * scalars are read from the program's image. What a module computes is what the interpreter computes, bit for bit.
 */
export class Emitter {
  readonly #parts: EmitterParts;
  readonly #bodyOf: (name: string) => ReturnType<ReturnType<typeof exportedBodies>>;
  readonly #functions = new Map<number, VectorFunction>();
  readonly #emitted = new Map<string, Emitted | undefined>();
  readonly #heat = new WeakMap<Encoded, number>();
  #count = 0;

  constructor(parts: EmitterParts) {
    this.#parts = parts;
    this.#bodyOf = exportedBodies(parts.binary);
  }

  /** The module for a program over a walk whose space and operands were written down at `space` and `operands`; `count` is how many numbers it makes now. */
  moduleFor(encoded: Encoded, space: number, operands: number, count: number): Emitted | undefined {
    if (encoded.steps < 2) return undefined; // a single loop is as fast
    const heat = (this.#heat.get(encoded) ?? 0) + count * encoded.steps;
    this.#heat.set(encoded, heat);
    if (heat < this.#parts.worth) return undefined;
    const { words } = this.#parts.heap;
    const rank = words[space / 4]!;
    const inner = words[space / 4 + rank]!;
    const modes: Mode[] = [];
    let inRows = false;
    for (let at = operands / 4; modes.length < encoded.operands; at += 2 + rank) {
      const kind = words[at + 1]!;
      const mode = kind === 0 ? "whole" : kind === 1 ? "single" : words[at + 1 + rank] === 4 ? "rows" : words[at + 1 + rank] === 0 ? "numbers" : undefined;
      if (!mode) return undefined;
      inRows ||= mode === "rows" || mode === "numbers";
      modes.push(mode);
    }
    if (inRows && inner < LEAST_ROW) return undefined;
    const key = `${encoded.structure} ${modes.join()} ${rank}`;
    if (this.#emitted.has(key)) return this.#emitted.get(key);
    const made = this.#count < MOST ? this.#emit(encoded, modes, rank) : undefined;
    this.#emitted.set(key, made);
    return made;
  }

  #emit({ image }: Encoded, modes: readonly Mode[], rank: number): Emitted | undefined {
    const { kernels, table, memory, heap, sharedPages } = this.#parts;
    const api = webAssembly();
    try {
      const bytes = emitProgram({ image, modes, rank, instruction: (code) => this.#instruction(code), sharedPages });
      const { exports } = new api.Instance(new api.Module(bytes), { env: { memory }, kernels });
      const place = table.grow(1, (exports as { readonly run: object }).run);
      this.#count++;
      if (sharedPages === undefined) return { place, record: 0 };
      const record = heap.keep(8 + bytes.length, "map");
      heap.words.set([place, bytes.length], record / 4);
      new Uint8Array(heap.words.buffer, record + 8, bytes.length).set(bytes);
      return { place, record };
    } catch {
      return undefined; // no room, or a page that forbids it: the interpreter does it
    }
  }

  #instruction(code: number): VectorFunction {
    let found = this.#functions.get(code);
    if (!found) {
      const name = `v${code}`;
      const parameters = arityOf(code);
      const body = this.#bodyOf(name);
      found = { name, parameters, body: body && inlinable(body, parameters) };
      this.#functions.set(code, found);
    }
    return found;
  }
}
