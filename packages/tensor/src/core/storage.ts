import type { Buffer, Device } from "@ashlar/backend";
import { TensorError } from "./errors.ts";

/** A buffer and whether it is still there. All views of one array share one storage. */
export class Storage {
  /** The device that holds it. */
  readonly device: Device;
  readonly #buffer: Buffer;
  #gone: string | undefined;

  /** Made by `launch` and `upload`; scopes own it from then on. */
  constructor(device: Device, buffer: Buffer) {
    this.device = device;
    this.#buffer = buffer;
  }

  /** The device's handle. @throws TensorError once the storage was freed or donated. */
  get buffer(): Buffer {
    if (this.#gone !== undefined) throw new TensorError(`tensor: its memory was ${this.#gone}; return it from that function or copy() it first`);
    return this.#buffer;
  }

  /** Whether the memory is still there. */
  get live(): boolean {
    return this.#gone === undefined;
  }

  /** Gives the buffer back to the device; once is enough. */
  free(by: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = `freed at the end of ${by}`;
    collected.unregister(this);
    this.device.free(this.#buffer);
  }

  /** Marks the buffer as the device's own: a kernel call that donates it has run or is about to. */
  donate(to: string): void {
    this.#gone = `donated to ${to}`;
    collected.unregister(this);
  }

  /** Leaves the storage to the garbage collector, the net under everything that no scope owns. */
  release(): void {
    collected.register(this, { device: this.device, buffer: this.#buffer }, this);
  }

  /** Takes the storage back from the garbage collector, for a scope that will own it. */
  retain(): void {
    collected.unregister(this);
  }
}

const collected: FinalizationRegistry<{ device: Device; buffer: Buffer }> = new FinalizationRegistry(({ device, buffer }) => {
  try {
    device.free(buffer);
  } catch {
    // the device was disposed first, and its memory with it
  }
});
