import { type Tensor, take } from "@ashlar/tensor";
import { normal } from "./initial.ts";
import { define, type Initial, param } from "./module.ts";

/** A row of numbers for each id: int32 ids of any shape to `[…ids, dim]`. An id outside 0 … count − 1 is an error. */
export const embedding = (count: number, dim: number, { initial = normal(0.02) }: { readonly initial?: Initial } = {}) =>
  define({ weight: param([count, dim], initial, { lookup: true }) }, ({ weight }, ids: Tensor) => take(weight, ids));

/** An embedding. */
export type Embedding = ReturnType<typeof embedding>;
