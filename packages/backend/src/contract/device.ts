import type { DType, HostArray } from "./dtype.ts";
import type { FusedKernel, KernelName, KernelSettings, RequiredKernel } from "./kernels.ts";
import type { Buffer, Operand, OutputSpec } from "./operand.ts";
import type { Recording, Replayed } from "./recording.ts";

/** One call of a kernel, as plain data: a device runs it, and may as well record, replay or translate it. */
export interface KernelCall<Name extends KernelName = KernelName> {
  /** Which kernel. */
  readonly kernel: Name;
  /** What stays the same from call to call. */
  readonly settings: KernelSettings[Name];
  /** The arrays it reads, strided or repeated as they may be. */
  readonly operands: readonly Operand[];
  /** The numbers that change from call to call. */
  readonly scalars: readonly number[];
  /** By how much each scalar grows for every position that a replay of the call is further on: see `Recording`. Left out: by nothing. */
  readonly advance?: readonly number[];
  /** The shapes and types of the fresh outputs. */
  readonly outputs: readonly OutputSpec[];
  /**
   * Positions in `operands` whose buffers the caller gives up. The device writes an output there or frees it; either way the buffer is the
   * device's after the call. A donated operand is contiguous, covers its whole buffer and is no other operand's buffer.
   */
  readonly donated?: readonly number[];
}

/** Runs a call: enqueues the work at once and returns one fresh buffer an output. */
export type Kernel<Name extends KernelName> = (call: KernelCall<Name>) => Buffer[];

/** A device's kernels: the six required ones (leaving one out is a compile error), and those fused ones it has. */
export type KernelTable = { readonly [Name in RequiredKernel]: Kernel<Name> } & { readonly [Name in FusedKernel]?: Kernel<Name> };

/** A fresh buffer whose bytes the host may write, before anything reads it. */
export interface Place {
  /** The buffer. */
  readonly buffer: Buffer;
  /** Its bytes: elements one after the other, little-endian. They stay where they are until the buffer is freed. */
  readonly bytes: Uint8Array;
}

/** How much memory the buffers of a device take. */
export interface Memory {
  /** Bytes in buffers that were made and not freed. */
  readonly live: number;
  /** The most that `live` has been since the device was made or `resetPeak` was called. */
  readonly peak: number;
  /** How many buffers are live. */
  readonly buffers: number;
  /** The most that `live` may ever be, where the device knows: what would pass it is refused. Undefined: no limit that is known. */
  readonly limit?: number;
  /** What the device holds of the system's memory, in use or free for the next buffer, where it knows. */
  readonly reserved?: number;
}

/**
 * Something that computes: six required kernels, maybe some fused ones, and the ways in and out. Enqueueing is synchronous; only `read`
 * waits. Dispose it with `await using` or `await device[Symbol.asyncDispose]()`; every later call is a `DeviceError`.
 */
export interface Device extends AsyncDisposable {
  /** A short name: `"reference"`, `"wasm"`. */
  readonly name: string;
  /** One line that says what runs: instruction sets, threads, adapter. */
  readonly description: string;
  /** What it can run. */
  readonly kernels: KernelTable;
  /**
   * What it promises of float32 arithmetic in programs. `"stepwise"`: every instruction rounds by itself, so that `+ − · / √` are IEEE 754's to the
   * bit, subnormal numbers included. Without it a product and the sum that reads it may round once, together, and what is below 2⁻¹²⁶ may be 0, as
   * compilers of shaders do.
   */
  readonly arithmetic?: "stepwise";
  /**
   * Copies host data in; `replayed` says what they are when a recording that is being made is replayed.
   *
   * @throws DeviceError when there is no room: the sizes are named and nothing is corrupted.
   */
  upload(data: HostArray, dtype: DType, replayed?: Replayed): Buffer;
  /** Begins a recording, where the device makes them: until it is stopped, all that is uploaded and called is kept. @throws DeviceError while another is made. */
  record?(): Recording;
  /**
   * A buffer of `count` elements for bytes that come from elsewhere and are written straight into it: a file is read without an array in between.
   * Left out where the device's memory is not the host's, or may move. @throws DeviceError when there is no room.
   */
  place?(count: number, dtype: Exclude<DType, "bool">): Place;
  /** Waits for what an operand depends on and copies it out, contiguous. An error of earlier enqueued work surfaces here. */
  read(operand: Operand): Promise<HostArray>;
  /** Gives a buffer back. Freeing twice, or another device's buffer, is a `DeviceError`. */
  free(buffer: Buffer): void;
  /** The memory in use. */
  memory(): Memory;
  /** Makes the peak of `memory()` begin again at what is live now. */
  resetPeak(): void;
}
