import { type Pass, randomFor, tapped } from "@ashlar/attention";
import { define, dropout, type Initial, linear, normal } from "@ashlar/nn";
import { gelu, mul, silu, type Tensor, type Unary } from "@ashlar/tensor";

/** The sizes and parts of a feed-forward layer. */
export interface FeedForwardOptions {
  /** The width in between. */
  readonly hidden?: number;
  /** What bends the line between the two products: any function of a number made by `elementwise`. */
  readonly activation?: Unary;
  /** Whether the products have biases. */
  readonly bias?: boolean;
  /** The rate of dropout on the numbers in between; 0 unless said. It acts only when the pass has random numbers. */
  readonly dropout?: number;
  /** The first numbers of the products; normal with deviation 0.02 unless said. */
  readonly initial?: Initial;
}

/** What a feed-forward layer reads of a pass. */
export type FeedForwardPass = Pick<Pass, "random" | "path" | "taps" | "interventions">;

/**
 * `down(activation(up(x)))`, four times as wide in between, with biases and GELU unless said (Vaswani et al. 2017, arXiv 1706.03762).
 *
 * @example
 * ```ts
 * import { feedForward } from "@ashlar/blocks";
 * import { elementwise, mul, relu } from "@ashlar/tensor";
 * const squaredRelu = elementwise("squaredRelu", (x) => mul(relu(x), relu(x))); // Primer, arXiv 2109.08668
 * const layer = feedForward(64, { activation: squaredRelu, bias: false });
 * ```
 */
export const feedForward = (
  dim: number,
  { hidden = 4 * dim, activation = gelu, bias = true, dropout: rate = 0, initial = normal(0.02) }: FeedForwardOptions = {},
) =>
  define(
    { up: linear(dim, hidden, { bias, initial }), down: linear(hidden, dim, { bias, initial }), dropout: dropout(rate) },
    (bound, x: Tensor, pass: FeedForwardPass = {}): Tensor =>
      bound.down(bound.dropout(tapped(pass, activation(bound.up(x)), "hidden"), randomFor(pass, "hidden"))),
  );

/** A feed-forward layer. */
export type FeedForward = ReturnType<typeof feedForward>;

/**
 * `down(activation(gate(x)) · up(x))` (Shazeer 2020, arXiv 2002.05202). The width in between is 8/3 dim rounded up to a multiple of 32 unless
 * said, so that it has about as many weights as `feedForward`; SiLU and no biases unless said.
 */
export const gatedFeedForward = (
  dim: number,
  { hidden = 32 * Math.ceil((8 * dim) / 3 / 32), activation = silu, bias = false, dropout: rate = 0, initial = normal(0.02) }: FeedForwardOptions = {},
) =>
  define(
    {
      gate: linear(dim, hidden, { bias, initial }),
      up: linear(dim, hidden, { bias, initial }),
      down: linear(hidden, dim, { bias, initial }),
      dropout: dropout(rate),
    },
    (bound, x: Tensor, pass: FeedForwardPass = {}): Tensor =>
      bound.down(bound.dropout(tapped(pass, mul(activation(bound.gate(x)), bound.up(x)), "hidden"), randomFor(pass, "hidden"))),
  );

/** A gated feed-forward layer. */
export type GatedFeedForward = ReturnType<typeof gatedFeedForward>;

/** Gated with SiLU, as Llama has it. */
export const swiglu = (dim: number, options: Omit<FeedForwardOptions, "activation"> = {}) => gatedFeedForward(dim, { ...options, activation: silu });

/** Gated with exact GELU. T5 1.1 and Gemma have its approximation: `gatedFeedForward(dim, { activation: geluTanh })`. */
export const geglu = (dim: number, options: Omit<FeedForwardOptions, "activation"> = {}) => gatedFeedForward(dim, { ...options, activation: gelu });
