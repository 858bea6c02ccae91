import { layerNorm as layerNormOp, rmsNorm as rmsNormOp, type Tensor } from "@ashlar/tensor";
import { ones, zeros } from "./initial.ts";
import { define, param } from "./module.ts";

/**
 * Layer normalisation over the last axis ([Ba et al. 2016](https://arxiv.org/abs/1607.06450)): `(x − mean) / √(variance + epsilon) · weight +
 * bias`, x `[…, dim]`. The weight begins as ones, the bias as zeros.
 */
export const layerNorm = (dim: number, { epsilon = 1e-5, bias = true }: { readonly epsilon?: number; readonly bias?: boolean } = {}) =>
  define({ weight: param([dim], ones), bias: bias ? param([dim], zeros) : null }, ({ weight, bias }, x: Tensor) => layerNormOp(x, weight, bias, { epsilon }));

/** Layer normalisation's module. */
export type LayerNorm = ReturnType<typeof layerNorm>;

/**
 * Root-mean-square normalisation over the last axis ([Zhang & Sennrich 2019](https://arxiv.org/abs/1910.07467)):
 * `x / √(mean(x²) + epsilon) · weight`, x `[…, dim]`. The weight begins as ones.
 */
export const rmsNorm = (dim: number, { epsilon = 1e-6 }: { readonly epsilon?: number } = {}) =>
  define({ weight: param([dim], ones) }, ({ weight }, x: Tensor) => rmsNormOp(x, weight, { epsilon }));

/** Root-mean-square normalisation's module. */
export type RmsNorm = ReturnType<typeof rmsNorm>;
