import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { type RandomStream, randomStream } from "../random.ts";
import type { Examples } from "./examples.ts";
import { epochOrder } from "./order.ts";
import { type Batch, type Fields, type PadOptions, padBatch, padOptionNames } from "./padBatch.ts";

/** Where a stream of batches stands: plain data, to save beside a checkpoint. */
export interface BatchesState {
  /** The epoch of the next batch, from 0. */
  readonly epoch: number;
  /** How many batches of that epoch have been given. */
  readonly batch: number;
  /** The seed, size and number of examples that the position belongs to. */
  readonly seed: number;
  /** Examples a batch. */
  readonly size: number;
  /** Examples in the data set. */
  readonly examples: number;
}

/** How a data set is batched, and how rows are padded. */
export interface BatchesOptions<E> extends PadOptions<E> {
  /** Examples a batch. */
  readonly size: number;
  /** Fixes the order of every epoch and the seeds of `prepare`. Default: 0. */
  readonly seed?: number;
  /** A new random order in every epoch. Default: true. */
  readonly shuffle?: boolean;
  /** How often to go through the examples. Default: without end. */
  readonly epochs?: number;
  /** Leave out the last batch of an epoch when it is not full. Default: false. */
  readonly dropLast?: boolean;
  /** Puts examples of like length together, which saves padding: the length of the example at an index. */
  readonly lengthOf?: (index: number) => number;
  /** Go on where an earlier stream stood. */
  readonly from?: BatchesState;
}

/** Batches one after the other; the stream knows where it stands. */
export interface Batches<E> extends IterableIterator<Batch<E>> {
  /** How many batches have been given, counted over all epochs. */
  readonly position: number;
  /** How many batches an epoch has. */
  readonly perEpoch: number;
  /** The position after the last batch given: `batches(examples, { ...options, from })` goes on with the next. */
  state(): BatchesState;
}

/**
 * Goes through examples in batches, in a new order every epoch. One stream is one pass: it can be left, saved and
 * resumed, and a resumed stream gives exactly the batches that an uninterrupted one would have.
 * @throws DataError for an empty data set, options it does not know, or a state of another stream.
 * @example
 * const stream = batches(examples, { size: 16, seed: 7 });
 * for (const batch of stream) {
 *   // …
 *   if (stream.position === 1000) break;
 * }
 * const later = batches(examples, { size: 16, seed: 7, from: stream.state() });
 */
export function batches<E extends Fields<E>>(examples: Examples<E>, options: BatchesOptions<E>): Batches<E> {
  onlyKnown("batches", options, ["size", "seed", "shuffle", "epochs", "dropLast", "lengthOf", "from", ...padOptionNames]);
  const { size, seed = 0, shuffle = true, epochs = Number.POSITIVE_INFINITY, dropLast = false, lengthOf, from, ...padding } = options;
  wholeNumber("batches", "size", size);
  if (epochs !== Number.POSITIVE_INFINITY) wholeNumber("batches", "epochs", epochs, 0);
  const length = examples.length;
  if (length === 0) throw new DataError("batches: the data set is empty; give at least one example");
  const perEpoch = dropLast ? Math.floor(length / size) : Math.ceil(length / size);
  if (perEpoch === 0) throw new DataError(`batches: ${length} examples make no full batch of ${size}; take a smaller size, or dropLast: false`);
  if (from) checkState(from, { seed, size, examples: length }, perEpoch);

  const root = randomStream(seed);
  let epoch = from?.epoch ?? 0;
  let batch = from?.batch ?? 0;
  let plan: { of: number; order: Int32Array[]; random: RandomStream } | undefined;

  const next = (): IteratorResult<Batch<E>> => {
    if (batch === perEpoch) {
      epoch++;
      batch = 0;
    }
    if (epoch >= epochs) return { done: true, value: undefined };
    if (plan?.of !== epoch) {
      const random = root.split("epoch").split(epoch);
      plan = { of: epoch, order: epochOrder(length, { size, shuffle, dropLast, lengthOf }, random), random };
    }
    const seeds = plan.random.split("seeds");
    const rows = Array.from(plan.order[batch]!, (index) => {
      const example = examples.at(index, seeds.split(index).below(2 ** 32));
      if (example === undefined) throw new DataError(`batches: no example ${index}, though there should be ${length}`);
      return example;
    });
    const value = padBatch(rows, padding);
    batch++;
    return { done: false, value };
  };

  return {
    next,
    [Symbol.iterator]() {
      return this;
    },
    get position() {
      return epoch * perEpoch + batch;
    },
    perEpoch,
    state: () => ({ epoch, batch, seed, size, examples: length }),
  };
}

function checkState(from: BatchesState, now: Pick<BatchesState, "seed" | "size" | "examples">, perEpoch: number): void {
  for (const name of ["seed", "size", "examples"] as const) {
    if (from[name] !== now[name]) {
      throw new DataError(`batches: the saved position belongs to ${name} ${from[name]}, this stream has ${now[name]}; resume with the same data and options`);
    }
  }
  wholeNumber("batches: saved position", "epoch", from.epoch, 0);
  wholeNumber("batches: saved position", "batch", from.batch, 0, perEpoch);
}
