import type { Pass } from "@ashlar/attention";
import type { AnyModule } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";

/** Works on states [batch, time, dim] and may look at other positions, as the pass says. Attention is one, and whatever stands in for it. */
export type Mixer = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/** Works on each position alone: states to states. Norms are such. */
export type PerPosition = AnyModule<[x: Tensor], Tensor>;

/** One layer of a stack: states [batch, time, dim] and a pass to states. */
export type Block = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/** The parts of a block. Its norms are made from one description, with weights of their own. */
export interface BlockParts<Attention extends Mixer, FeedForward extends Mixer, Norm extends PerPosition, Cross extends Mixer | null> {
  /** Self-attention, `attention` in the tree. */
  readonly attention: Attention;
  /** Cross-attention, which acts where the pass has a memory, `cross` in the tree; none unless said. */
  readonly cross?: Cross;
  /** The feed-forward layer, `feedForward` in the tree. */
  readonly feedForward: FeedForward;
  /** The norm of each part: `attentionNorm`, `crossNorm` and `feedForwardNorm` in the tree. */
  readonly norm: Norm;
  /** The rate of dropout on what each part adds; 0 unless said. It acts only when the pass has random numbers. */
  readonly dropout?: number;
}

/** A part as a computation calls it. */
export type Mix = (x: Tensor, pass: Pass) => Tensor;

/** A norm as a computation calls it. */
export type Normalise = (x: Tensor) => Tensor;
