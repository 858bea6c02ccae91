import type { Buffer, HostArray, KernelCall, KernelName, Replayed } from "@ashlar/backend";
import { advanced, CallRecording, DeviceError } from "@ashlar/backend";
import { DESK_BYTES, type Desk } from "../kernels/desk.ts";
import type { Block } from "../memory/allocator.ts";
import type { Heap, WasmBuffer } from "../memory/heap.ts";
import { overwrite } from "../memory/transfer.ts";
import type { WasmKernels } from "../module/kernels.ts";
import type { Task } from "../threads/spread.ts";

/** Descriptions of many calls lie in one stretch of memory. */
const STRETCH_BYTES = 4 * DESK_BYTES;

/**
 * A recording on this device: the kernels that ran, with their arguments, their descriptions in memory that stays. Replaying it runs them one
 * after the other. A call whose scalars move is prepared anew.
 */
export class WasmRecording extends CallRecording {
  readonly #heap: Heap;
  readonly #desk: Desk;
  // memory that no one else may have while this may be replayed: what was freed meanwhile, descriptions, room for intermediate results
  readonly #blocks: Block[];
  #stretch: Block | undefined;
  #workspace: Block | undefined;

  constructor(heap: Heap, desk: Desk, stopped: () => void) {
    const blocks: Block[] = [];
    super({
      stopped: () => {
        this.pause();
        stopped();
      },
      ended: () => {
        for (const block of blocks) heap.release(block);
        blocks.length = 0;
      },
      free: (buffer) => {
        if (heap.isOpen) heap.free(buffer, "recording");
      },
      watch: (buffer, tell) => heap.watch(buffer as WasmBuffer, tell),
      expectOpen: () => heap.expectOpen("replay"),
    });
    this.#heap = heap;
    this.#desk = desk;
    this.#blocks = blocks;
    this.goOn();
  }

  /** Stops keeping for a while. */
  pause(): void {
    this.#desk.writeAt(undefined);
    this.#heap.holdBack(undefined);
  }

  /** Goes on after a pause. */
  goOn(): void {
    this.#desk.writeAt((end) => this.#place(end));
    this.#heap.holdBack(this.#blocks);
  }

  /** Keeps what a kernel does. */
  runs(kernel: keyof WasmKernels, task: Task): void {
    this.did(() => {
      const found = task();
      if (found !== 0) throw new DeviceError(`replay: ${kernel} met an index outside its array, at position ${(found >>> 0) - 1}`);
    });
  }

  /** Does a call whose scalars move, and keeps it as one that is prepared anew. */
  moves<Name extends KernelName>(call: KernelCall<Name>, run: (call: KernelCall<Name>) => void): void {
    const { kernel, settings, outputs } = call;
    const operands = call.operands.map(({ buffer, shape, strides, offset, dtype }) => ({ buffer, shape, strides, offset, dtype }));
    this.did((moved) => run({ kernel, settings, operands, outputs, scalars: advanced(call, moved) }));
    run(call);
  }

  /** Notes data that came. */
  received(buffer: WasmBuffer, data: HostArray, replayed: Replayed | undefined): void {
    const address = this.#heap.addressOf(buffer, "record");
    const { dtype } = buffer;
    this.uploaded(buffer, data, replayed, (other) => overwrite(this.#heap, address, dtype, other));
  }

  override keep(buffer: Buffer): void {
    this.#heap.addressOf(buffer, "keep");
    super.keep(buffer);
  }

  /** The address of room for intermediate results, this recording's own. */
  workspace(bytes: number, where: string): number {
    if (!this.#workspace || this.#workspace.size < bytes) {
      this.#workspace = this.#heap.take(bytes, where);
      this.#blocks.push(this.#workspace);
    }
    return this.#workspace.address;
  }

  #place(end: number): number {
    const stretch = this.#stretch;
    if (stretch && end >= stretch.address && end + DESK_BYTES <= stretch.address + stretch.size) return end;
    const next = this.#heap.take(STRETCH_BYTES, "record");
    this.#stretch = next;
    this.#blocks.push(next);
    return next.address;
  }
}
