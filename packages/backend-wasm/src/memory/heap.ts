import type { Buffer, DType, Memory, Operand, OutputSpec } from "@ashlar/backend";
import { bytesPerElement, DeviceError, elementCount } from "@ashlar/backend";
import type { LinearMemory } from "../module/webassembly.ts";
import type { Block } from "./allocator.ts";
import { Allocator } from "./allocator.ts";

const PAGE = 65536;
const GRAIN = 64;
/** Kernels may read a little beyond a buffer's end: nothing is handed out in the memory's last bytes. */
const MARGIN = 128;

/** A buffer of this device. */
export class WasmBuffer implements Buffer {
  readonly bytes: number;
  /** What it was made to hold. */
  readonly dtype: DType;
  /** Where it lies; undefined once it was freed or donated. */
  block: Block | undefined;
  /** Whose it is. */
  readonly owner: Heap;
  /** Who is told when it is freed or donated: the recordings that use it. */
  watchers: Set<() => void> | undefined;

  constructor(owner: Heap, bytes: number, dtype: DType, block: Block) {
    this.owner = owner;
    this.bytes = bytes;
    this.dtype = dtype;
    this.block = block;
  }
}

/** The linear memory of a device: its buffers, its workspace, and the account of both. */
export class Heap {
  /** The memory as 32-bit words, as of the last growth. */
  words: Int32Array;
  /** The memory as floats. */
  floats: Float32Array;
  #memory: LinearMemory | undefined;
  readonly #start: number;
  readonly #maximum: number;
  readonly #allocator: Allocator;
  #workspace: Block | undefined;
  #live = 0;
  #peak = 0;
  #buffers = 0;
  #isOpen = true;
  #heldBack: Block[] | undefined;

  /** Buffers lie from `start` on. `maximum` is the most bytes that the memory may have. */
  constructor(memory: LinearMemory, start: number, maximum: number) {
    this.#memory = memory;
    this.#start = Math.ceil(start / GRAIN) * GRAIN;
    this.#maximum = maximum;
    this.words = new Int32Array(memory.buffer);
    this.floats = new Float32Array(memory.buffer);
    this.#allocator = new Allocator(this.#start, memory.buffer.byteLength - MARGIN);
  }

  /** A fresh buffer for an output; what it holds is undefined. @throws DeviceError when there is no room. */
  output({ shape, dtype }: OutputSpec, where: string): WasmBuffer {
    return this.allocate(elementCount(shape) * bytesPerElement(dtype), dtype, where);
  }

  /** A fresh buffer. @throws DeviceError when there is no room. */
  allocate(bytes: number, dtype: DType, where: string): WasmBuffer {
    return this.#register(bytes, dtype, this.#block(bytes, where));
  }

  /** Where a live buffer of this device lies. @throws DeviceError when it is another's, or was freed or donated. */
  addressOf(buffer: Buffer, where: string): number {
    return this.#expectLive(buffer, where).address;
  }

  /** Where an operand's first element lies. @throws DeviceError when its buffer isn't live here or holds another type. */
  locate({ buffer, offset, dtype }: Operand, where: string): number {
    const { address } = this.#expectLive(buffer, where);
    const held = (buffer as WasmBuffer).dtype;
    if (held !== dtype) throw new DeviceError(`${where}: an operand says ${dtype}, its buffer holds ${held}`);
    return address + offset * bytesPerElement(dtype);
  }

  /** Gives a buffer back. */
  free(buffer: Buffer, where: string): void {
    const block = this.#expectLive(buffer, where);
    this.#retire(buffer as WasmBuffer);
    if (this.#heldBack) this.#heldBack.push(block);
    else this.#allocator.release(block);
  }

  /** Calls `tell` when a buffer is freed or donated, until the returned function is called; undefined where it is gone already. */
  watch(buffer: WasmBuffer, tell: () => void): (() => void) | undefined {
    if (!buffer.block) return undefined;
    buffer.watchers ??= new Set();
    buffer.watchers.add(tell);
    return () => buffer.watchers?.delete(tell);
  }

  /** Holds back all memory that is freed from now on, and gives the list that it is put on; `undefined` ends that. */
  holdBack(list: Block[] | undefined): void {
    this.#heldBack = list;
  }

  /** Turns a donated buffer into an output of the same size: the old handle ends, a new one begins, nothing moves. */
  adopt(buffer: Buffer, dtype: DType, where: string): WasmBuffer {
    const block = this.#expectLive(buffer, where);
    this.#retire(buffer as WasmBuffer);
    return this.#register(buffer.bytes, dtype, block);
  }

  /**
   * Room for a kernel's intermediate results, until the next call of `workspace` or the next fresh buffer. It stays, and grows to the most that any
   * kernel asked for, until a buffer finds no other room; `memory()` doesn't count it.
   */
  workspace(bytes: number, where: string): number {
    if (!this.#workspace || this.#workspace.size < bytes) {
      if (this.#workspace) this.#allocator.release(this.#workspace);
      this.#workspace = undefined;
      this.#workspace = this.#block(bytes, where);
    }
    return this.#workspace.address;
  }

  /** Room for as long as one likes; `memory()` doesn't count it. @throws DeviceError when there is none. */
  take(bytes: number, where: string): Block {
    return this.#block(bytes, where);
  }

  /** Gives room that was taken, or held back, to others. */
  release(block: Block): void {
    if (this.#isOpen) this.#allocator.release(block);
  }

  /** Room that stays as long as the device; `memory()` doesn't count it. @throws DeviceError when there is none. */
  keep(bytes: number, where: string): number {
    return this.#block(bytes, where).address;
  }

  /** Whether the device is still there. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A DeviceError once the device was disposed. */
  expectOpen(where: string): void {
    if (!this.#isOpen) throw new DeviceError(`${where}: the wasm device was disposed; make a new one with await wasm()`);
  }

  /** Lets the memory go; from now on every call fails. */
  close(): void {
    this.#isOpen = false;
    this.words = new Int32Array(0);
    this.floats = new Float32Array(0);
    this.#memory = undefined;
  }

  /** The account. */
  memory(): Memory {
    this.expectOpen("memory");
    const limit = this.#maximum - this.#start - MARGIN;
    return { live: this.#live, peak: this.#peak, buffers: this.#buffers, limit, reserved: this.words.byteLength };
  }

  /** Makes the peak begin again at what is live. */
  resetPeak(): void {
    this.expectOpen("resetPeak");
    this.#peak = this.#live;
  }

  #block(bytes: number, where: string): Block {
    this.expectOpen(where);
    const block = this.#allocator.allocate(bytes);
    if (block) return block;
    if (this.#grow(this.#allocator.shortfall(bytes))) {
      const grown = this.#allocator.allocate(bytes);
      if (grown) return grown;
    }
    // the last resort: what kernels keep between calls
    if (this.#workspace) {
      this.#allocator.release(this.#workspace);
      this.#workspace = undefined;
      return this.#block(bytes, where);
    }
    const free = this.#allocator.freeBytes;
    throw new DeviceError(
      `${where}: no room for ${bytes} bytes: ${this.#live} bytes are live in ${this.#buffers} buffers, the memory may have ${this.#maximum}` +
        `${free >= bytes ? ` (${free} bytes are free, in pieces)` : ""}; free some or raise wasm({ memory: { maximum } })`,
    );
  }

  // By what is missing, or a quarter of what there is where the maximum allows: growing is rare then.
  #grow(missing: number): boolean {
    const memory = this.#memory!;
    const size = memory.buffer.byteLength;
    const room = Math.floor((this.#maximum - size) / PAGE);
    const needed = Math.ceil(missing / PAGE);
    if (needed > room) return false;
    for (const pages of [Math.min(room, Math.max(needed, Math.ceil(size / 4 / PAGE))), needed]) {
      try {
        memory.grow(pages);
      } catch {
        continue; // the system has less than the maximum promised
      }
      this.words = new Int32Array(memory.buffer);
      this.floats = new Float32Array(memory.buffer);
      this.#allocator.grow(memory.buffer.byteLength - MARGIN);
      return true;
    }
    return false;
  }

  #register(bytes: number, dtype: DType, block: Block): WasmBuffer {
    const buffer = new WasmBuffer(this, bytes, dtype, block);
    this.#live += bytes;
    this.#buffers++;
    if (this.#live > this.#peak) this.#peak = this.#live;
    return buffer;
  }

  #retire(buffer: WasmBuffer): void {
    buffer.block = undefined;
    this.#live -= buffer.bytes;
    this.#buffers--;
    if (buffer.watchers) for (const tell of [...buffer.watchers]) tell();
  }

  #expectLive(buffer: Buffer, where: string): Block {
    this.expectOpen(where);
    if (!(buffer instanceof WasmBuffer) || buffer.owner !== this) {
      throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes belongs to another device; read it there, upload it here`);
    }
    if (buffer.block) return buffer.block;
    throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes was freed or donated; keep it alive until its last use`);
  }
}
