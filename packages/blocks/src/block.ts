import type { Pass } from "@ashlar/attention";
import { randomFor, within } from "@ashlar/attention";
import { type AnyModule, define, dropout } from "@ashlar/nn";
import { add, type Tensor } from "@ashlar/tensor";

/** Looks at other positions: states [batch, time, dim] and a pass to states. */
export type Mixer = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/** Works on each position alone: states to states. */
export type PerPosition = AnyModule<[x: Tensor], Tensor>;

/** One layer of a stack: states [batch, time, dim] and a pass to states. */
export type Block = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/** The parts of a block. Its norms are made from one description, with weights of their own. */
export interface BlockParts<Attention extends Mixer, FeedForward extends PerPosition, Norm extends PerPosition, Cross extends Mixer | null> {
  /** Self-attention. */
  readonly attention: Attention;
  /** Cross-attention, which acts where the pass has a memory. */
  readonly cross?: Cross;
  /** The feed-forward layer. */
  readonly feedForward: FeedForward;
  /** The norm of each part. */
  readonly norm: Norm;
  /** The rate of dropout on what each part adds; 0 unless said. */
  readonly dropout?: number;
}

type Apply = (x: Tensor, pass: Pass) => Tensor;
type Normalise = (x: Tensor) => Tensor;

/** How a part's result joins the states. */
type Join = (x: Tensor, part: (x: Tensor) => Tensor, norm: Normalise, drop: (x: Tensor) => Tensor) => Tensor;

function residual<Attention extends Mixer, FeedForward extends PerPosition, Norm extends PerPosition, Cross extends Mixer | null = null>(
  { attention, cross = null as Cross, feedForward, norm, dropout: rate = 0 }: BlockParts<Attention, FeedForward, Norm, Cross>,
  join: Join,
) {
  const parts = {
    attentionNorm: norm,
    attention,
    crossNorm: (cross ? norm : null) as Cross extends null ? null : Norm,
    cross,
    feedForwardNorm: norm,
    feedForward,
    dropout: dropout(rate),
  };
  return define(parts, (bound, x: Tensor, pass: Pass): Tensor => {
    const drop = (name: string) => (part: Tensor) => bound.dropout(part, randomFor(pass, name));
    const mix = (name: string, mixer: unknown) => (part: Tensor) => (mixer as Apply)(part, within(pass, name));
    let states = join(x, mix("attention", bound.attention), bound.attentionNorm as unknown as Normalise, drop("attention"));
    if (bound.cross && pass.memory) states = join(states, mix("cross", bound.cross), bound.crossNorm as unknown as Normalise, drop("cross"));
    return join(states, bound.feedForward as unknown as Normalise, bound.feedForwardNorm as unknown as Normalise, drop("feedForward"));
  });
}

/** `x + part(norm(x))` for each part: trains without warm-up (Xiong et al. 2020, arXiv 2002.04745). GPT-2, Llama and T5 are made of these. */
export const preNorm = <Attention extends Mixer, FeedForward extends PerPosition, Norm extends PerPosition, Cross extends Mixer | null = null>(
  parts: BlockParts<Attention, FeedForward, Norm, Cross>,
) => residual(parts, (x, part, norm, drop) => add(x, drop(part(norm(x)))));

/** `norm(x + part(x))` for each part, as in the original Transformer and BERT. */
export const postNorm = <Attention extends Mixer, FeedForward extends PerPosition, Norm extends PerPosition, Cross extends Mixer | null = null>(
  parts: BlockParts<Attention, FeedForward, Norm, Cross>,
) => residual(parts, (x, part, norm, drop) => norm(add(x, drop(part(x)))));

/** `x + attention(norm₁(x)) + feedForward(norm₂(x))`: both parts read the same states (GPT-J, GPT-NeoX, PaLM). */
export const parallel = <Attention extends Mixer, FeedForward extends PerPosition, Norm extends PerPosition>({
  attention,
  feedForward,
  norm,
  dropout: rate = 0,
}: Omit<BlockParts<Attention, FeedForward, Norm, null>, "cross">) =>
  define({ attentionNorm: norm, attention, feedForwardNorm: norm, feedForward, dropout: dropout(rate) }, (bound, x: Tensor, pass: Pass): Tensor => {
    const mixed = (bound.attention as unknown as Apply)((bound.attentionNorm as unknown as Normalise)(x), within(pass, "attention"));
    const fed = (bound.feedForward as unknown as Normalise)((bound.feedForwardNorm as unknown as Normalise)(x));
    return add(add(x, bound.dropout(mixed, randomFor(pass, "attention"))), bound.dropout(fed, randomFor(pass, "feedForward")));
  });
