import type { KernelCall } from "./device.ts";
import type { HostArray } from "./dtype.ts";
import type { Buffer } from "./operand.ts";

/**
 * What uploaded data are when the calls that read them are replayed `moved` positions further on: `"same"`, or a function that gives them, in an
 * array of the same type and length.
 */
export type Replayed = "same" | ((moved: number) => HostArray);

/** Data that came while a recording was made. */
export interface RecordedUpload {
  /** What it is. */
  readonly kind: "upload";
  /** The buffer that was made. */
  readonly buffer: Buffer;
  /** What was copied in. */
  readonly data: HostArray;
  /** What that becomes; undefined where nobody said. */
  readonly replayed: Replayed | undefined;
}

/** A kernel that was called while a recording was made. */
export interface RecordedCall {
  /** What it is. */
  readonly kind: "call";
  /** The call, with its operands as they were. */
  readonly call: KernelCall;
  /** The buffers that came out. */
  readonly outputs: readonly Buffer[];
}

/** What happened while a recording was made. */
export type Recorded = RecordedUpload | RecordedCall;

/**
 * Calls that a device keeps while it runs them, to run them again on the same memory without hearing them anew: for work whose calls are alike but
 * for numbers that follow a position, such as the tokens of a text. Memory that was freed meanwhile stays the recording's. It ends when it is
 * freed, and also when a buffer that it reads or writes is freed or donated elsewhere.
 */
export interface Recording {
  /** What happened, in order; empty once it has ended by `free`. */
  readonly log: readonly Recorded[];
  /** Whether it may be replayed: it was stopped, it hasn't ended, and all uploads say what they are when replayed. */
  readonly ready: boolean;
  /** Nothing more is kept from now on. */
  stop(): void;
  /** The buffer that has the memory of another now: one that was donated while it was recorded lives on in what was written there, others are their own. */
  heir(buffer: Buffer): Buffer;
  /** Takes a buffer over, which ends with the recording and not before. */
  keep(buffer: Buffer): void;
  /**
   * Runs the calls again, as they are `moved` positions further on: uploads are made anew, scalars grow by `moved` times their `advance`. What was
   * donated is read where its heir lies.
   *
   * @throws DeviceError unless it is `ready`, or when data come in another type or length: then nothing was changed.
   */
  replay(moved: number): void;
  /** Ends it and gives its memory back; once is enough. */
  free(): void;
}
