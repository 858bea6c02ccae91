import { type Tensor, take } from "@ashlar/tensor";
import { normal } from "./initial.ts";
import { define, type Initial, matrix } from "./module.ts";

/**
 * A row of numbers for each id: int32 ids of any shape to `[…ids, dim]`. An id outside 0 … count − 1 is an error of the device, or a row of NaN
 * where the device cannot tell. A head that shares the table multiplies with `params.weight`.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, embedding, fresh, init } from "@ashlar/nn";
 * import { tensor } from "@ashlar/tensor";
 * const device = reference();
 * const table = embedding(50257, 64);
 * bind(table, init(table, fresh(0, { device })))(tensor([[464, 3290]], { device, dtype: "int32" })); // [1, 2, 64]
 * ```
 */
export const embedding = (count: number, dim: number, { initial = normal(0.02) }: { readonly initial?: Initial } = {}) =>
  define({ weight: matrix([count, dim], initial, { lookup: true }) }, ({ weight }, ids: Tensor) => take(weight, ids));

/** An embedding. */
export type Embedding = ReturnType<typeof embedding>;
