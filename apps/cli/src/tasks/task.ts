import type { Device } from "@ashlar/backend";
import type { Rows } from "@ashlar/data";
import { fromData, type Tensor } from "@ashlar/tensor";
import type { Check, Pass } from "@ashlar/train";

/** Something to learn: batches without end, and their loss. */
export interface Task<Params, Batch> {
  /** Batches in an order that the seed fixes. */
  batches(seed: number): Iterable<Batch>;
  /** The mean loss of a batch's tokens. Without a pass nothing is dropped. */
  loss(params: Params, batch: Batch, pass?: Pass): Tensor;
  /** How many batches go through all there is to learn from. */
  readonly perEpoch: number;
  /** How many tokens of a batch the model reads, padding left out. */
  tokens(batch: Batch): number;
  /** Refuses to begin where the loss sees what it is to predict; for what predicts tokens. */
  readonly check?: Check<Params, Batch, number>;
}

/** A batch's ids or weights on a device, [batch, time]. */
export function place(rows: Rows<Int32Array | Float32Array>, device: Device): Tensor<2> {
  return fromData(rows.data, rows.shape, { device }) as Tensor<2>;
}

/** The sum of numbers. */
export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Items in groups of `size`, the last one smaller. */
export function groups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
