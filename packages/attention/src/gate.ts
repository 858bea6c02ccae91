import { define, type Initial, normal, param, zeros } from "@ashlar/nn";
import { affine, mul, reshape, sigmoid, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import { tapped } from "./looking/tapped.ts";
import type { Pass } from "./pass.ts";

/** How a gate begins, and whether it has a bias. */
export interface SigmoidGateOptions {
  /** Whether a bias is added before the sigmoid; false unless said. */
  readonly bias?: boolean;
  /** The first numbers of the weight; normal with deviation 0.02 unless said, so that every gate begins half open. */
  readonly initial?: Initial;
}

/**
 * An output gate, `sigmoid(x · weightᵀ + bias)`: from a layer's input [batch, time, dim], by what the context of its heads is multiplied
 * before the output projection (Qiu et al. 2025, arXiv 2505.06708). `gates` is `heads` for one number a head, or `heads · valueDim` for one
 * for each number of the context, as Qwen3-Next.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, sigmoidGate } from "@ashlar/attention";
 * const byHead = multiHeadAttention({ dim: 64, heads: 8, gate: sigmoidGate(64, 8) });
 * const byElement = multiHeadAttention({ dim: 64, heads: 8, headDim: 16, gate: sigmoidGate(64, 8 * 16) });
 * ```
 */
export const sigmoidGate = (dim: number, gates: number, { bias = false, initial = normal(0.02) }: SigmoidGateOptions = {}) =>
  define({ weight: param([gates, dim], initial), bias: bias ? param([gates], zeros) : null }, ({ weight, bias }, x: Tensor) =>
    sigmoid(affine(x, weight, bias)),
  );

/**
 * What passes a layer's gate: its context [batch, time, heads, valueDim] times what the gate makes of its input.
 *
 * @throws AttentionError when that is neither [batch, time, heads] nor [batch, time, heads · valueDim].
 */
export function gated(gate: ((x: Tensor) => Tensor) | null, x: Tensor, context: Tensor, pass: Pass): Tensor {
  if (!gate) return context;
  const { batch, time, heads, valueDim } = context.dims("batch time heads valueDim");
  const given = gate(x);
  const width = given.shape[2];
  if (given.rank !== 3 || given.shape[0] !== batch || given.shape[1] !== time || (width !== heads && width !== heads * valueDim))
    throw new AttentionError(
      `attention: expected a gate of [${batch}, ${time}, ${heads}], one for each head, or [${batch}, ${time}, ${heads * valueDim}], one for each number of the context, got [${given.shape.join(", ")}]`,
    );
  return mul(context, tapped(pass, reshape(given, [batch, time, heads, (width as number) / heads]), "gate"));
}
