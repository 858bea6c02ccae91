import { type Pass, randomFor, tapped, within } from "@ashlar/attention";
import { define, dropout } from "@ashlar/nn";
import { add, type Random, type Tensor } from "@ashlar/tensor";
import type { BlockParts, Mix, Mixer, Normalise, PerPosition } from "./parts.ts";

/** How a part joins the states: `norm` is its own norm, `after` one on what it gives, `drop` its dropout. */
type Join = (x: Tensor, part: Normalise, norm: Normalise, drop: Normalise, after: Normalise) => Tensor;

/** The bound parts as the computation uses them. */
interface BoundBlock {
  readonly attentionNorm: Normalise;
  readonly attention: Mix;
  readonly attentionAfter: Normalise | null;
  readonly crossNorm: Normalise | null;
  readonly cross: Mix | null;
  readonly crossAfter: Normalise | null;
  readonly feedForwardNorm: Normalise;
  readonly feedForward: Mix;
  readonly feedForwardAfter: Normalise | null;
  readonly dropout: (x: Tensor, random?: Random) => Tensor;
}

const asItIs: Normalise = (x) => x;

/** Self-attention, cross-attention where there is a memory, feed-forward: each joins the states in the same way. */
function residual<Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Cross extends Mixer | null, After extends PerPosition | null>(
  { attention, cross = null as Cross, feedForward, norm, dropout: rate = 0 }: BlockParts<Attention, FeedForward, Norm, Cross>,
  after: After,
  join: Join,
) {
  const parts = {
    attentionNorm: norm,
    attention,
    attentionAfter: after,
    crossNorm: (cross ? norm : null) as Cross extends null ? null : Norm,
    cross,
    crossAfter: (cross ? after : null) as Cross extends null ? null : After,
    feedForwardNorm: norm,
    feedForward,
    feedForwardAfter: after,
    dropout: dropout(rate),
  };
  return define(parts, (bound, x: Tensor, pass: Pass): Tensor => {
    const block = bound as unknown as BoundBlock;
    const joined = (states: Tensor, name: "attention" | "cross" | "feedForward"): Tensor => {
      const [part, norm] = [block[name], block[`${name}Norm`]];
      if (!part || !norm) return states;
      const drop: Normalise = (added) => block.dropout(added, randomFor(pass, name));
      const below = within(pass, name);
      return join(states, (normal) => tapped(below, part(normal, below)), norm, drop, block[`${name}After`] ?? asItIs);
    };
    const attended = joined(x, "attention");
    return joined(pass.memory ? joined(attended, "cross") : attended, "feedForward");
  });
}

/**
 * `x + part(norm(x))` for each part: trains without warm-up (Xiong et al. 2020, arXiv 2002.04745). GPT-2, Llama and T5 are made of these; a
 * stack of them ends with a norm.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { preNorm, swiglu } from "@ashlar/blocks";
 * import { causal } from "@ashlar/mask";
 * import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const block = preNorm({ attention: multiHeadAttention({ dim: 8, heads: 2, position: rotary() }), feedForward: swiglu(8), norm: rmsNorm(8) });
 * bind(block, init(block, fresh(0, { device })))(ones([1, 5, 8], { device }), { mask: causal }); // [1, 5, 8]
 * ```
 */
export const preNorm = <Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Cross extends Mixer | null = null>(
  parts: BlockParts<Attention, FeedForward, Norm, Cross>,
) => residual(parts, null, (x, part, norm, drop) => add(x, drop(part(norm(x)))));

/** `norm(x + part(x))` for each part, as in the original Transformer (Vaswani et al. 2017, arXiv 1706.03762) and BERT. */
export const postNorm = <Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Cross extends Mixer | null = null>(
  parts: BlockParts<Attention, FeedForward, Norm, Cross>,
) => residual(parts, null, (x, part, norm, drop) => norm(add(x, drop(part(x)))));

/**
 * `x + norm₂(part(norm₁(x)))` for each part: what a part adds is normalised too (Ding et al. 2021, arXiv 2105.13290; Gemma 2). The second
 * norms are `attentionAfter`, `crossAfter` and `feedForwardAfter` in the tree.
 */
export const sandwichNorm = <Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Cross extends Mixer | null = null>(
  parts: BlockParts<Attention, FeedForward, Norm, Cross>,
) => residual(parts, parts.norm, (x, part, norm, drop, after) => add(x, drop(after(part(norm(x))))));
