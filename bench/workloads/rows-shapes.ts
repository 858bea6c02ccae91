import { uniform } from "../common/weights.ts";

/** What is done to each row. */
export const rowOps = {
  softmax: { rows: 512, columns: 512 },
  layerNorm: { rows: 512, columns: 768 },
} as const;
export type RowOp = keyof typeof rowOps;

/** The numbers that it is done to, and a norm's weight and bias. */
export function rowInputs(op: RowOp) {
  const { rows, columns } = rowOps[op];
  return { rows, columns, x: uniform(rows * columns, 3), weight: uniform(columns, 4), bias: uniform(columns, 5) };
}
