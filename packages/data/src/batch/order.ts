import { type RandomStream, shuffleInPlace } from "../random.ts";

/** How examples are laid into the batches of an epoch. */
export interface OrderOptions {
  /** Examples a batch. */
  readonly size: number;
  /** Whether the order is random. */
  readonly shuffle: boolean;
  /** Whether a last batch that is not full is left out. */
  readonly dropLast: boolean;
  /** The length of an example, where batches should hold examples of like length. */
  readonly lengthOf?: ((index: number) => number) | undefined;
}

/** How many batches' worth of examples are sorted together: enough to save padding, few enough to stay random. */
const window = 32;

/** The indices of each batch of an epoch; the same stream gives the same order. */
export function epochOrder(length: number, { size, shuffle, dropLast, lengthOf }: OrderOptions, random: RandomStream): Int32Array[] {
  const indices = Int32Array.from({ length }, (_, i) => i);
  if (shuffle) shuffleInPlace(indices, random.split("examples").next);
  if (lengthOf) {
    const lengths = Float64Array.from({ length }, (_, i) => lengthOf(i));
    for (let from = 0; from < length; from += window * size) {
      // A stable sort: examples of one length stay in random order.
      indices.subarray(from, from + window * size).sort((a, b) => lengths[a]! - lengths[b]!);
    }
  }
  const full = Math.floor(length / size);
  const order = Array.from({ length: full }, (_, i) => i);
  if (shuffle && lengthOf) shuffleInPlace(order, random.split("batches").next);
  // The batch that is not full comes last, whatever the order of the others.
  const batches = order.map((i) => indices.slice(i * size, (i + 1) * size));
  if (!dropLast && full * size < length) batches.push(indices.slice(full * size));
  return batches;
}
