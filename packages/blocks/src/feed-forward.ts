import { define, type Initial, linear, normal } from "@ashlar/nn";
import { gelu, mul, silu, type Tensor, type Unary } from "@ashlar/tensor";

/** The sizes and parts of a feed-forward layer. */
export interface FeedForwardOptions {
  /** The width in between. */
  readonly hidden?: number;
  /** What bends the line between the two products. */
  readonly activation?: Unary;
  /** Whether the products have biases. */
  readonly bias?: boolean;
  /** The first numbers of the products. */
  readonly initial?: Initial;
}

/** `down(activation(up(x)))`, four times as wide in between and with GELU unless said (Vaswani et al. 2017). */
export const feedForward = (dim: number, { hidden = 4 * dim, activation = gelu, bias = true, initial = normal(0.02) }: FeedForwardOptions = {}) =>
  define(
    { up: linear(dim, hidden, { bias, initial }), down: linear(hidden, dim, { bias, initial }) },
    ({ up, down }, x: Tensor): Tensor => down(activation(up(x))),
  );

/**
 * `down(activation(gate(x)) · up(x))` (Shazeer 2020, arXiv 2002.05202). The width in between is 8/3 dim rounded up to a multiple of 32
 * unless said, which keeps the number of weights of `feedForward`; without biases unless said.
 */
export const gatedFeedForward = (
  dim: number,
  { hidden = 32 * Math.ceil((8 * dim) / 3 / 32), activation = silu, bias = false, initial = normal(0.02) }: FeedForwardOptions = {},
) =>
  define(
    { gate: linear(dim, hidden, { bias, initial }), up: linear(dim, hidden, { bias, initial }), down: linear(hidden, dim, { bias, initial }) },
    ({ gate, up, down }, x: Tensor): Tensor => down(mul(activation(gate(x)), up(x))),
  );

/** Gated with SiLU, as Llama has it. */
export const swiglu = (dim: number, options: Omit<FeedForwardOptions, "activation"> = {}) => gatedFeedForward(dim, { ...options, activation: silu });

/** Gated with GELU. */
export const geglu = (dim: number, options: Omit<FeedForwardOptions, "activation"> = {}) => gatedFeedForward(dim, { ...options, activation: gelu });
