import { type Initial, linear, normal } from "@ashlar/nn";
import { reshape, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import type { Position } from "./positions/position.ts";
import { checkGroups } from "./scaled-dot-product.ts";

/** The sizes and parts of an attention layer. */
export interface AttentionLayerOptions<Scheme extends Position> {
  /** The width of the states. */
  readonly dim: number;
  /** How many query heads. */
  readonly heads: number;
  /** How many key and value heads: `heads` unless said, 1 for multi-query, between for grouped-query attention. */
  readonly kvHeads?: number;
  /** The width of a head; dim / heads unless said. */
  readonly headDim?: number;
  /** Whether the projections have biases; true unless said. */
  readonly bias?: boolean;
  /** Multiplies query · key; 1/√headDim unless said. T5 uses 1. */
  readonly scale?: number;
  /** Caps scores smoothly. */
  readonly softcap?: number;
  /** The position scheme; none unless said. */
  readonly position?: Scheme;
  /** The first numbers of the projections. */
  readonly initial?: Initial;
}

/** The sizes of key heads. @throws AttentionError when they don't fit. */
export function sizes({ dim, heads, kvHeads = heads, headDim = dim / heads }: Pick<AttentionLayerOptions<Position>, "dim" | "heads" | "kvHeads" | "headDim">) {
  if (!Number.isInteger(headDim)) throw new AttentionError(`attention: dim (${dim}) must be a multiple of heads (${heads}), or give headDim`);
  checkGroups(heads, kvHeads);
  return { kvHeads, headDim };
}

/** The four projections of an attention layer; keys and values come from states of width `from`. */
export function projections({ dim, heads, bias = true, initial = normal(0.02), ...rest }: AttentionLayerOptions<Position>, from: number) {
  const { kvHeads, headDim } = sizes({ dim, heads, ...rest });
  return {
    query: linear(dim, heads * headDim, { bias, initial }),
    key: linear(from, kvHeads * headDim, { bias, initial }),
    value: linear(from, kvHeads * headDim, { bias, initial }),
    output: linear(heads * headDim, dim, { bias, initial }),
  };
}

/** [batch, time, width] to [batch, time, heads, width / heads]. */
export function toHeads(x: Tensor, headDim: number): Tensor {
  const { batch, time, width } = x.dims("batch time width");
  return reshape(x, [batch, time, width / headDim, headDim]);
}
