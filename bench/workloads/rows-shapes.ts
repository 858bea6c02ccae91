import { uniform } from "../common/weights.ts";

/** What is done to each row. */
export const rowOps = {
  softmax: { rows: 512, columns: 512 },
  layerNorm: { rows: 512, columns: 768 },
} as const;

/** How often a repetition does it: so often that it takes a time that a page's clock sees, which may tick ten times a millisecond. */
export const repeats = 10;

/** The name of one. */
export type RowOp = keyof typeof rowOps;

/** The numbers that it is done to, and a norm's weight and bias. */
export function rowInputs(op: RowOp) {
  const { rows, columns } = rowOps[op];
  return { rows, columns, x: uniform(rows * columns, 3), weight: uniform(columns, 4), bias: uniform(columns, 5) };
}
