import type { ComputeType, DType, KernelCall, KernelName, Operand, Program, Recording } from "@ashlar/backend";
import { DeviceError, isContiguous, programType } from "@ashlar/backend";
import type { Emitter } from "../emit/emitter.ts";
import type { Heap } from "../memory/heap.ts";
import type { WasmKernels } from "../module/kernels.ts";
import type { Encoded } from "../program/encode.ts";
import { encode, identity } from "../program/encode.ts";
import { WasmRecording } from "../recording/recording.ts";
import { type Shareable, spread, type Task, type Work } from "../threads/spread.ts";
import type { Team } from "../threads/team.ts";
import { copyOperand } from "./copyOperand.ts";
import type { Desk, Walk } from "./desk.ts";

/** Where intermediate results lie. */
export interface Workspace {
  /** The room that all threads share. */
  readonly shared: number;
  /** The calling thread's own room. */
  readonly own: number;
  /** How far it is from one thread's room to the next one's, in bytes. */
  readonly stride: number;
}

/** The kernels that only tell sizes. All others run by `spread` or `run`, where a recording sees them. */
export type KernelSizes = Pick<
  WasmKernels,
  | "accountBytes"
  | "attentionGradientWorkspace"
  | "attentionWorkspace"
  | "blockDepth"
  | "blocksOf"
  | "blockWidth"
  | "leftBytes"
  | "panelsBytes"
  | "rightBytes"
  | "rowsBytes"
  | "unpackedBytes"
>;

/** What the host side of every kernel works with: the compiled kernels, the memory, the desk where calls are written down. */
export class Machine {
  /** What the compiled kernels need and how large their blocks are. */
  readonly kernels: KernelSizes;
  readonly #all: WasmKernels;
  /** The memory. */
  readonly heap: Heap;
  /** Where calls are written down. */
  readonly desk: Desk;
  readonly #team: Team | undefined;
  readonly #emitter: Emitter | undefined;
  // programs are few and used again and again: each is encoded once for each combination of operand types
  readonly #encoded = new WeakMap<Program, Map<string, Encoded>>();
  readonly #types = new WeakMap<Program, ComputeType>();
  #recording: WasmRecording | undefined;
  readonly #identities = { float32: identity("float32"), int32: identity("int32"), bool: identity("bool") };

  constructor(kernels: WasmKernels, heap: Heap, desk: Desk, { team, emitter }: { readonly team?: Team | undefined; readonly emitter?: Emitter } = {}) {
    this.kernels = kernels;
    this.#all = kernels;
    this.heap = heap;
    this.desk = desk;
    this.#team = team;
    this.#emitter = emitter;
  }

  /** The type of a program's result: one that only reads float32 is looked through once. */
  readonly programTypes = (program: Program, types: readonly DType[], where?: string): ComputeType => {
    if (!types.every((type) => type === "float32") || types.length !== program.operands) return programType(program, types, where);
    let type = this.#types.get(program);
    if (!type) {
      type = programType(program, types, where);
      this.#types.set(program, type);
    }
    return type;
  };

  /** Writes down a program and the walk it is run over, `count` numbers now, and the module emitted for both where there is one. */
  written(encoded: Encoded, scalars: readonly number[], walk: Walk, count: number): number {
    const image = this.desk.program(encoded, scalars);
    // what is recorded is worth a module at once: it stays as it is written
    const emitted = this.#emitter?.moduleFor(encoded, walk.space, walk.operands, this.#recording ? Number.POSITIVE_INFINITY : count);
    if (emitted) this.desk.runBy(image, emitted);
    return image;
  }

  /** Runs a kernel over a range of units, on all threads where that pays. */
  spread<Name extends Shareable>(kernel: Name, work: Work<Name>): number {
    return this.#perform(kernel, spread(this.#all, this.#team, kernel, { ...work, record: this.desk.record }));
  }

  /** Runs a kernel that isn't shared. */
  run<Name extends keyof WasmKernels>(kernel: Name, ...values: Parameters<WasmKernels[Name]>): number {
    const run = this.#all[kernel] as (...values: number[]) => number | undefined;
    return this.#perform(kernel, () => run(...values) ?? 0);
  }

  #perform(kernel: keyof WasmKernels, task: Task): number {
    this.#recording?.runs(kernel, task);
    return task();
  }

  /** The recording that is being made. */
  get recording(): WasmRecording | undefined {
    return this.#recording;
  }

  /** Begins a recording. @throws DeviceError while another is made. */
  record(): Recording {
    this.heap.expectOpen("record");
    if (this.#recording) throw new DeviceError("record: another recording is being made; stop() it first");
    this.#recording = new WasmRecording(this.heap, this.desk, () => {
      this.#recording = undefined;
    });
    return this.#recording;
  }

  /** Does a call whose scalars move with the position. A recording that is being made keeps it whole, to prepare it anew. */
  moves<Name extends KernelName>(call: KernelCall<Name>, run: (call: KernelCall<Name>) => void): void {
    const recording = this.#recording;
    if (!recording) {
      run(call);
      return;
    }
    recording.pause();
    this.#recording = undefined;
    try {
      recording.moves(call, run);
    } finally {
      this.#recording = recording;
      recording.goOn();
    }
  }

  /**
   * Room for intermediate results until the next call: `shared` bytes for all threads at `shared`, and `own` bytes for each, those of the calling
   * one at `own` and the next thread's `stride` bytes further.
   */
  workspace(where: string, { shared = 0, own = 0 }: { readonly shared?: number; readonly own?: number }): Workspace {
    const threads = this.#team?.size ?? 1;
    const stride = Math.ceil(own / 64) * 64;
    const before = Math.ceil(shared / 64) * 64;
    const bytes = before + threads * stride;
    const at = this.#recording?.workspace(bytes, where) ?? this.heap.workspace(bytes, where);
    return { shared: at, own: at + before, stride };
  }

  /** A program as the kernels read it. */
  encoded(program: Program, types: readonly DType[], where: string): Encoded {
    let byTypes = this.#encoded.get(program);
    if (!byTypes) {
      byTypes = new Map();
      this.#encoded.set(program, byTypes);
    }
    const key = types.every((type) => type === "float32") ? "" : types.join();
    let found = byTypes.get(key);
    if (!found) {
      found = encode(program, types, where);
      byTypes.set(key, found);
    }
    return found;
  }

  /** The program that returns its one operand. */
  identity(type: ComputeType): Encoded {
    return this.#identities[type];
  }

  /**
   * Calls `use` with the address of an operand's elements in row-major order: `address`, where they lie, if they lie so, else that of a copy, which
   * is gone when `use` returns.
   */
  dense<Result>(operand: Operand, address: number, where: string, use: (address: number) => Result): Result {
    if (isContiguous(operand)) return use(address);
    const copy = this.heap.output(operand, where);
    try {
      const to = this.heap.addressOf(copy, where);
      copyOperand(this, operand, address, to, operand.dtype);
      return use(to);
    } finally {
      this.heap.free(copy, where);
    }
  }
}
