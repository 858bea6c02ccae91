import { type Pass, randomFor, tapped, within } from "@ashlar/attention";
import { define, dropout } from "@ashlar/nn";
import { add, type Random, type Tensor } from "@ashlar/tensor";
import type { BlockParts, Mix, Mixer, Normalise, PerPosition } from "./parts.ts";

/** The parts of a parallel block. */
export interface ParallelParts<Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Own extends PerPosition | null>
  extends Pick<BlockParts<Attention, FeedForward, Norm, null>, "attention" | "feedForward" | "dropout"> {
  /** What the attention reads, and the feed-forward layer too unless it has a norm of its own; `norm` in the tree. */
  readonly norm: Norm;
  /** The feed-forward layer's own norm, as GPT-NeoX has it; none unless said. */
  readonly feedForwardNorm?: Own;
}

interface BoundParallel {
  readonly norm: Normalise;
  readonly attention: Mix;
  readonly feedForwardNorm: Normalise | null;
  readonly feedForward: Mix;
  readonly dropout: (x: Tensor, random?: Random) => Tensor;
}

/**
 * `x + attention(norm(x)) + feedForward(norm(x))`: both parts read the same states (Wang & Komatsuzaki 2021, GPT-J; PaLM, arXiv 2204.02311).
 * With `feedForwardNorm` the second reads `feedForwardNorm(x)` (GPT-NeoX, arXiv 2204.06745).
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { feedForward, parallel } from "@ashlar/blocks";
 * import { layerNorm } from "@ashlar/nn";
 * const attention = multiHeadAttention({ dim: 8, heads: 2, position: rotary({ dims: 2 }) });
 * const neox = parallel({ attention, feedForward: feedForward(8), norm: layerNorm(8), feedForwardNorm: layerNorm(8) });
 * ```
 */
export const parallel = <Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Own extends PerPosition | null = null>({
  attention,
  feedForward,
  norm,
  feedForwardNorm = null as Own,
  dropout: rate = 0,
}: ParallelParts<Attention, FeedForward, Norm, Own>) =>
  define({ norm, attention, feedForwardNorm, feedForward, dropout: dropout(rate) }, (parts, x: Tensor, pass: Pass): Tensor => {
    const bound = parts as unknown as BoundParallel;
    const normal = bound.norm(x);
    const [mixing, feeding] = [within(pass, "attention"), within(pass, "feedForward")];
    const mixed = tapped(mixing, bound.attention(normal, mixing));
    const fed = tapped(feeding, bound.feedForward(bound.feedForwardNorm ? bound.feedForwardNorm(x) : normal, feeding));
    return add(add(x, bound.dropout(mixed, randomFor(pass, "attention"))), bound.dropout(fed, randomFor(pass, "feedForward")));
  });
