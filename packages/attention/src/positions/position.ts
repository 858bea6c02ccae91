import type { Device } from "@ashlar/backend";
import type { AnyModule } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Shared } from "../shared.ts";

/** A number added to the scores by head and by `key − query`. */
export interface DistanceBias {
  /** float32 [heads or 1, distances]: one column for each distance from `firstDistance` up. */
  readonly table: Tensor;
  /** The distance of the first column; distances beyond the table take its nearest column. */
  readonly firstDistance: number;
}

/**
 * What is added to the scores: a table by distance, which costs nothing extra, or a number for every pair, float32
 * [batch or 1, heads or 1, queries or 1, keys or 1], for which whole [queries, keys] arrays are made. −Infinity hides a key.
 */
export type ScoreBias = DistanceBias | Tensor;

/** Where an attention layer stands when it asks for positions. */
export interface PositionScene {
  /** The positions of the queries, `[start, end)`. */
  readonly queries: readonly [start: number, end: number];
  /** The positions of the keys, `[start, end)`. */
  readonly keys: readonly [start: number, end: number];
  /**
   * The distances that a table is to cover, `[first, end)`: those between the queries and keys unless said. With a cache that has room they are
   * those that can come up anywhere in it, the same at every step, so that tables keep their shape.
   */
  readonly distances?: readonly [first: number, end: number];
  /** Where tensors are made. */
  readonly device: Device;
  /** What all layers of the call share. */
  readonly shared: Shared;
}

/** The positions of what is rotated: a range of indices, and each one's own position where that differs. */
export interface RotationPlace {
  /** The indices, `[start, end)`. */
  readonly range: readonly [start: number, end: number];
  /** [1 or batch, time] row-major. */
  readonly positions?: Int32Array;
}

/** What a position scheme does to attention: it rotates queries and keys, or adds to the scores. */
export interface Positioning {
  /** Rotates heads [batch, time, heads, headDim] by their positions. */
  readonly rotate?: (heads: Tensor, place: RotationPlace) => Tensor;
  /** Adds to the scores. */
  readonly bias?: ScoreBias;
}

/**
 * A position scheme for attention: a module, since it may have weights. Write your own beside `rotary`, `alibi` and `t5Bias`.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, type Positioning, type PositionScene } from "@ashlar/attention";
 * import { define, param, zeros } from "@ashlar/nn";
 * // one learned number for every pair of the first 16 positions
 * const learnedPairs = define({ table: param([1, 1, 16, 16], zeros) }, ({ table }, _scene: PositionScene): Positioning => ({ bias: table }));
 * const layer = multiHeadAttention({ dim: 8, heads: 2, position: learnedPairs }); // for texts of 16 tokens
 * ```
 */
export type Position = AnyModule<[scene: PositionScene], Positioning>;
