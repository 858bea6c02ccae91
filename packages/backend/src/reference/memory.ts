import type { Memory } from "../contract/device.ts";
import type { DType, HostArray } from "../contract/dtype.ts";
import { bytesPerElement, hostArray } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { Buffer, OutputSpec } from "../contract/operand.ts";
import { elementCount } from "../contract/operand.ts";

/** What a buffer of the reference device holds. */
export interface Contents {
  /** The elements. */
  readonly data: HostArray;
  /** What they are. */
  readonly dtype: DType;
}

/** The buffers of one reference device and the account of their bytes. */
export class BufferStore {
  readonly #live = new Map<Buffer, Contents>();
  readonly #made = new WeakSet<Buffer>();
  readonly #watchers = new Map<Buffer, Set<() => void>>();
  readonly #limit: number;
  #bytes = 0;
  #peak = 0;
  #disposed = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether there is room for some outputs at once; a DeviceError with the sizes where there is not. */
  reserve(outputs: readonly OutputSpec[], where: string): void {
    const wanted = outputs.reduce((bytes, { shape, dtype }) => bytes + elementCount(shape) * bytesPerElement(dtype), 0);
    if (this.#bytes + wanted <= this.#limit) return;
    throw new DeviceError(
      `${where}: no room for ${wanted} bytes, ${this.#bytes} of ${this.#limit} are in use by ${this.#live.size} ${this.#live.size === 1 ? "buffer" : "buffers"}; free some or raise { memory }`,
    );
  }

  /** Takes in an array as a new buffer. */
  add(data: HostArray, dtype: DType): Buffer {
    const buffer: Buffer = { bytes: data.length * bytesPerElement(dtype) };
    this.#live.set(buffer, { data, dtype });
    this.#made.add(buffer);
    this.#bytes += buffer.bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return buffer;
  }

  /** A zeroed array for an output. */
  zeros({ shape, dtype }: OutputSpec): HostArray {
    return hostArray(dtype, elementCount(shape));
  }

  /** What a buffer holds; a DeviceError when it is not a live one of this device. */
  contents(buffer: Buffer, where: string): Contents {
    const contents = this.#live.get(buffer);
    if (contents) return contents;
    const reason = this.#made.has(buffer)
      ? "was freed or donated; keep it alive until its last use"
      : "belongs to another device; read it there, upload it here";
    throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes ${reason}`);
  }

  /** Gives a buffer back. */
  remove(buffer: Buffer, where: string): void {
    this.contents(buffer, where);
    this.#live.delete(buffer);
    this.#bytes -= buffer.bytes;
    for (const tell of [...(this.#watchers.get(buffer) ?? [])]) tell();
  }

  /** Calls `tell` when a buffer is removed, until the returned function is called; undefined where it isn't live. */
  watch(buffer: Buffer, tell: () => void): (() => void) | undefined {
    if (!this.#live.has(buffer)) return undefined;
    const all = this.#watchers.get(buffer) ?? new Set();
    this.#watchers.set(buffer, all.add(tell));
    return () => {
      all.delete(tell);
      if (all.size === 0) this.#watchers.delete(buffer);
    };
  }

  /** The account. */
  memory(): Memory {
    const limit = Number.isFinite(this.#limit) ? { limit: this.#limit } : {};
    return { live: this.#bytes, peak: this.#peak, buffers: this.#live.size, ...limit };
  }

  /** Makes the peak begin again. */
  resetPeak(): void {
    this.#peak = this.#bytes;
  }

  /** Lets everything go; from now on every `expectOpen` fails. */
  dispose(): void {
    this.#disposed = true;
    this.#live.clear();
    this.#bytes = 0;
  }

  /** Whether the device is still there. */
  get isOpen(): boolean {
    return !this.#disposed;
  }

  /** A DeviceError once the device was disposed. */
  expectOpen(where: string): void {
    if (this.#disposed) throw new DeviceError(`${where}: the reference device was disposed; make a new one with reference()`);
  }
}
