import { type Buffer, type Device, type Recording, sameRecorded } from "@ashlar/backend";
import { copy } from "../ops/copy.ts";
import { TensorError } from "./errors.ts";
import { own, scoped, storagesOf } from "./scope.ts";
import { Storage } from "./storage.ts";
import { recording as gradientRecording } from "./tape.ts";
import { Tensor } from "./tensor.ts";
import { mapTree, tensors } from "./tree.ts";

/** What a function gave, and how to have it again without calling it. */
export interface Replayable<Result> {
  /** What it gave. */
  readonly result: Result;
  /** Its calls; undefined where the device records none, or what it did can't be replayed. */
  readonly replay: Replay<Result> | undefined;
}

/**
 * Calls a function and keeps the kernel calls that it makes, so that they can be run again without it: on the same memory, with other uploads and
 * scalars. It pays where preparing a call takes longer than running it, as with the tokens of a text: between two of them nothing differs but
 * the token, its position and what follows from it.
 *
 * `given` are the tensors that the function goes on from and that the next call replaces by those of the result: it either only reads them, or
 * donates them to an output that it returns (an array that is written in place). What else it reads must stay. All that it uploads says by
 * `fromData(data, shape, { replayed })` what it is later, and scalars that follow the position by `launch(…, { advance })`. A function that
 * decides by the position in another way can't be replayed: compare two calls of it by `agrees` before.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { fromData, mul, replayable, tensor } from "@ashlar/tensor";
 * const device = reference();
 * const weight = tensor([2, 3], { device });
 * const at = (position: number) => Float32Array.of(position, position + 1);
 * const step = () => mul(weight, fromData(at(5), [2], { device, replayed: (moved) => at(5 + moved) }));
 * const { result, replay } = replayable(device, null, step); // 10, 18
 * const next = replay?.play(null, 1) ?? step(); // 12, 21 where the device records
 * ```
 */
export function replayable<Result>(device: Device, given: unknown, run: () => Result): Replayable<Result> {
  const storages = [...new Set(storagesOf(given))];
  // of what is gone the function itself says best what is wrong with it
  const canRecord = !gradientRecording() && storages.every(({ live }) => live);
  const recording = canRecord ? device.record?.() : undefined;
  if (!recording) return { result: run(), replay: undefined };
  return scoped((): Replayable<Result> => {
    const before = storages.map((storage) => [storage, storage.buffer] as const);
    let made: Result;
    try {
      made = scoped(run);
      recording.stop();
    } catch (error) {
      recording.free();
      throw error;
    }
    const after = new Set(storagesOf(made).map(({ buffer }) => buffer));
    // what was donated must be in the result, to be given next
    const lasts = recording.ready && before.every(([storage, buffer]) => storage.live || after.has(recording.heir(buffer)));
    if (lasts) return replayOf(device, given, recording, before, made);
    recording.free();
    return { result: made, replay: undefined };
  });
}

type Before = readonly (readonly [storage: Storage, buffer: Buffer])[];

function replayOf<Result>(device: Device, given: unknown, recording: Recording, before: Before, made: Result): Replayable<Result> {
  const heirs = new Map(before.flatMap(([storage, buffer]) => (storage.live ? [] : [[storage, recording.heir(buffer)] as const])));
  const written = new Set(heirs.values());
  const fresh = new Set(recording.log.flatMap((event) => (event.kind === "upload" ? [event.buffer] : event.outputs)));
  const copies = new Map<Tensor, Tensor>();
  const inPlace = new Map<Tensor, Buffer>();
  const current = new Map<Buffer, Storage>();
  const result = mapTree(made, (tensor) => {
    const { storage } = tensor;
    const { buffer } = storage;
    if (written.has(buffer)) {
      inPlace.set(tensor, buffer);
      current.set(buffer, storage);
      return tensor;
    }
    if (!fresh.has(buffer)) return tensor;
    // the recording writes over its own at every replay: what is given out is a copy
    copies.set(tensor, sharing(tensor, new Storage(device, buffer)));
    return copy(tensor);
  }) as Result;
  for (const { storage } of copies.keys()) {
    if (!storage.live) continue;
    recording.keep(storage.buffer);
    storage.donate("a recording");
  }
  const expected = tensors(given).map(({ storage }) => heirs.get(storage) ?? storage);
  return { result, replay: new KeptCalls({ device, recording, made, copies, inPlace, expected, current }) };
}

/** The view of a tensor on another storage of the same size. */
function sharing({ dtype, shape, strides, offset }: Tensor, storage: Storage): Tensor {
  return new Tensor(storage, dtype, shape, strides, offset);
}

interface ReplayParts<Result> {
  readonly device: Device;
  readonly recording: Recording;
  readonly made: Result;
  /** The tensors of the result that lie in the recording's own memory, and as what they are read. */
  readonly copies: ReadonlyMap<Tensor, Tensor>;
  /** Those that were written over what was given. */
  readonly inPlace: ReadonlyMap<Tensor, Buffer>;
  /** For each given tensor its storage, or the buffer that is written over. */
  readonly expected: readonly (Storage | Buffer)[];
  /** Who holds those buffers now. */
  readonly current: Map<Buffer, Storage>;
}

/** A function's kernel calls, to be run again. It ends when memory that it uses is freed, and frees its own then. */
export interface Replay<Result> {
  /** Whether it can be played from these tensors: those that were given and only read, and for the others what the last call made of them. */
  continues(given: unknown): boolean;
  /** Whether a later call of the function did the same, `moved` positions further on, so that one stands for the other. */
  agrees(later: Replay<Result>, moved: number): boolean;
  /**
   * Runs the calls again, `moved` positions further on than when they were kept, and gives what the function would give. When data can't be made
   * for that position the error of whoever makes them comes through, and nothing has changed.
   *
   * @throws TensorError unless it continues what is given.
   */
  play(given: unknown, moved: number): Result;
  /** Gives its memory back. */
  free(): void;
}

class KeptCalls<Result> implements Replay<Result> {
  readonly #parts: ReplayParts<Result>;

  constructor(parts: ReplayParts<Result>) {
    this.#parts = parts;
  }

  continues(given: unknown): boolean {
    const { recording, expected, current } = this.#parts;
    if (!recording.ready) return false;
    const all = tensors(given);
    return (
      all.length === expected.length && all.every(({ storage }, index) => storage.live && storage === holder(expected[index] as Storage | Buffer, current))
    );
  }

  agrees(later: Replay<Result>, moved: number): boolean {
    return later instanceof KeptCalls && sameRecorded(this.#parts.recording.log, later.#parts.recording.log, moved);
  }

  play(given: unknown, moved: number): Result {
    if (!this.continues(given)) throw new TensorError("replay: expected the tensors that the last call made, got others; ask continues(given) first");
    const { device, recording, made, copies, inPlace, current } = this.#parts;
    recording.replay(moved);
    for (const [buffer, before] of current) {
      before.donate("the next call");
      const storage = new Storage(device, buffer);
      own(storage);
      current.set(buffer, storage);
    }
    return mapTree(made, (tensor) => {
      const copied = copies.get(tensor);
      if (copied) return copy(copied);
      const buffer = inPlace.get(tensor);
      return buffer ? sharing(tensor, current.get(buffer) as Storage) : tensor;
    }) as Result;
  }

  free(): void {
    this.#parts.recording.free();
  }
}

function holder(expected: Storage | Buffer, current: ReadonlyMap<Buffer, Storage>): Storage | undefined {
  return expected instanceof Storage ? expected : current.get(expected);
}
