import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { range } from "./create.ts";
import { greaterEqual, lessEqual, sub, where } from "./instructions.ts";
import { expandDims } from "./views.ts";

/** Which diagonal bounds a triangle. */
export interface TriangularOptions {
  /** 0 is the main diagonal, 1 the one to its right, −1 the one to its left. */
  readonly diagonal?: number;
}

/**
 * The lower or upper triangle of each matrix `[…, rows, columns]`, the diagonal included; zeros elsewhere.
 *
 * @throws TensorError when x has fewer than two axes.
 */
export function triangular<Rank extends number>(x: Tensor<Rank>, part: "lower" | "upper", { diagonal = 0 }: TriangularOptions = {}): Tensor<Rank> {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) throw new TensorError(`triangular: expected at least two axes, got [${x.shape.join(", ")}]`);
  const distance = sub(range(0, columns, x), expandDims(range(0, rows, x), 1)); // [rows, columns]
  return where(part === "lower" ? lessEqual(distance, diagonal) : greaterEqual(distance, diagonal), x, 0) as Tensor<Rank>;
}
