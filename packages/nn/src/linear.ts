import { affine, type Tensor } from "@ashlar/tensor";
import { normal, zeros } from "./initial.ts";
import { define, type Initial, matrix, param } from "./module.ts";

/** How a linear layer begins, and whether it has a bias. */
export interface LinearOptions {
  /** Whether a bias is added; true unless said. */
  readonly bias?: boolean;
  /** The first numbers of the weight; normal with deviation 0.02 unless said. */
  readonly initial?: Initial;
}

/**
 * `x · weightᵀ + bias`: x `[…, input]` to `[…, output]`; the weight is `[output, input]` as PyTorch keeps it.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, fresh, init, linear } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = linear(3, 2, { bias: false });
 * bind(layer, init(layer, fresh(0, { device })))(ones([5, 3], { device })); // [5, 2]
 * ```
 */
export const linear = (input: number, output: number, { bias = true, initial = normal(0.02) }: LinearOptions = {}) =>
  define({ weight: matrix([output, input], initial), bias: bias ? param([output], zeros) : null }, ({ weight, bias }, x: Tensor) => affine(x, weight, bias));

/** A linear layer. */
export type Linear = ReturnType<typeof linear>;
