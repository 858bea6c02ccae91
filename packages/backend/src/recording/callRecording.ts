import type { KernelCall } from "../contract/device.ts";
import type { HostArray } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { Buffer, Operand } from "../contract/operand.ts";
import type { Recorded, Recording, Replayed } from "../contract/recording.ts";

/** What a device does for its recordings. */
export interface RecordingHost {
  /** Is told that nothing more is kept. */
  stopped(): void;
  /** Is told that it has ended: memory that was held back for it may be used again. */
  ended(): void;
  /** Frees a buffer, unless the device was disposed. */
  free(buffer: Buffer): void;
  /** Calls `tell` when a live buffer is freed or donated, until the returned function is called; undefined where the buffer is gone already. */
  watch(buffer: Buffer, tell: () => void): (() => void) | undefined;
  /** Throws when the device was disposed. */
  expectOpen(): void;
}

/** Something to be done again, so many positions further on. */
export type ReplayStep = (moved: number) => void;

interface Uploaded {
  readonly data: HostArray;
  readonly replayed: Replayed | undefined;
  readonly write: (data: HostArray) => void;
}

/**
 * A recording for those who write devices: it holds the log and the steps, makes uploads anew, and watches the buffers. The device tells it
 * what is uploaded, called and done, and keeps memory that is freed meanwhile from being used by others until `ended`.
 */
export class CallRecording implements Recording {
  readonly #host: RecordingHost;
  readonly #uploads: Uploaded[] = [];
  readonly #heirs = new Map<Buffer, Buffer>();
  #kept: Buffer[] = [];
  #steps: ReplayStep[] = [];
  #log: Recorded[] = [];
  #unwatch: (() => void)[] = [];
  #state: "being made" | "stopped" | "ended" = "being made";

  /** A recording that is being made. */
  constructor(host: RecordingHost) {
    this.#host = host;
  }

  get log(): readonly Recorded[] {
    return this.#log;
  }

  get ready(): boolean {
    return this.#state === "stopped" && this.#uploads.every(({ replayed }) => replayed !== undefined);
  }

  stop(): void {
    if (this.#state !== "being made") return;
    this.#host.stopped();
    this.#state = "stopped";
    const buffersOf = (event: Recorded): readonly Buffer[] =>
      event.kind === "upload" ? [event.buffer] : [...event.call.operands.map(({ buffer }) => buffer), ...event.outputs];
    const used = new Set(this.#log.flatMap(buffersOf).map((buffer) => this.heir(buffer)));
    for (const buffer of used) {
      const unwatch = this.#host.watch(buffer, () => this.#end());
      if (unwatch) this.#unwatch.push(unwatch);
    }
  }

  heir(buffer: Buffer): Buffer {
    let last = buffer;
    for (let next = this.#heirs.get(last); next; next = this.#heirs.get(last)) last = next;
    return last;
  }

  keep(buffer: Buffer): void {
    this.#kept.push(buffer);
  }

  replay(moved: number): void {
    this.#host.expectOpen();
    if (!this.ready) throw new DeviceError(`replay: ${this.#whyNot()}`);
    const all = this.#uploads.map(({ data, replayed }) =>
      replayed === "same" ? undefined : expectAlike((replayed as (moved: number) => HostArray)(moved), data),
    );
    for (const [index, data] of all.entries()) if (data) (this.#uploads[index] as Uploaded).write(data);
    for (const step of this.#steps) step(moved);
  }

  free(): void {
    this.stop();
    this.#end();
    this.#log = [];
  }

  /** Notes what is to be done at a replay. */
  did(step: ReplayStep): void {
    this.#steps.push(step);
  }

  /** Notes a call that was made, with the positions of the operands that its outputs took the memory of. */
  called(call: KernelCall, outputs: readonly Buffer[], takers: readonly (number | undefined)[] = []): void {
    const operands = call.operands.map(seen);
    for (const [index, operand] of takers.entries())
      if (operand !== undefined) this.#heirs.set((operands[operand] as Operand).buffer, outputs[index] as Buffer);
    this.#log.push({ kind: "call", call: { ...call, operands }, outputs });
  }

  /** Notes data that came, and how others are written in their place. */
  uploaded(buffer: Buffer, data: HostArray, replayed: Replayed | undefined, write: (data: HostArray) => void): void {
    const kept = data.slice();
    this.#uploads.push({ data: kept, replayed, write });
    this.#log.push({ kind: "upload", buffer, data: kept, replayed });
  }

  #whyNot(): string {
    if (this.#state === "being made") return "the recording is still being made; stop() it first";
    if (this.#state === "ended") return "the recording has ended: it was freed, or a buffer that it uses was freed or donated; record anew";
    return "the recording holds data of which nobody said what they become; upload them with what they are when replayed";
  }

  #end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    for (const unwatch of this.#unwatch) unwatch();
    for (const buffer of this.#kept) this.#host.free(buffer);
    this.#host.ended();
    this.#unwatch = [];
    this.#kept = [];
    this.#steps = [];
  }
}

/** The scalars of a call so many positions further on. */
export function advanced({ scalars, advance }: Pick<KernelCall, "scalars" | "advance">, moved: number): readonly number[] {
  return advance && moved !== 0 ? scalars.map((scalar, index) => scalar + moved * (advance[index] ?? 0)) : scalars;
}

/** An operand as it is now: a tensor may be freed later, and then says so. */
function seen({ buffer, shape, strides, offset, dtype }: Operand): Operand {
  return { buffer, shape, strides, offset, dtype };
}

function expectAlike(data: HostArray, before: HostArray): HostArray {
  if (data.constructor === before.constructor && data.length === before.length) return data;
  throw new DeviceError(
    `replay: expected ${before.length} numbers in a ${before.constructor.name}, as were uploaded, got ${data.length} in a ${data.constructor.name}`,
  );
}
