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

/** Where an attention layer stands when it asks for positions. */
export interface PositionScene {
  /** The positions of the queries, `[start, end)`. */
  readonly queries: readonly [start: number, end: number];
  /** The positions of the keys, `[start, end)`. */
  readonly keys: readonly [start: number, end: number];
  /** Where tensors are made. */
  readonly device: Device;
  /** What all layers of the call share. */
  readonly shared: Shared;
}

/** The positions of what is rotated: a range of indices, and each one's own position where that differs. */
export interface RotationPlace {
  /** The indices, `[start, end)`. */
  readonly range: readonly [start: number, end: number];
  /** [batch, time] row-major. */
  readonly positions?: Int32Array;
}

/** What a position scheme does to attention: it rotates queries and keys, or adds to the scores. */
export interface Positioning {
  /** Rotates heads [batch, time, heads, headDim] by their positions. */
  readonly rotate?: (heads: Tensor, place: RotationPlace) => Tensor;
  /** Adds to the scores. */
  readonly bias?: DistanceBias;
}

/** A position scheme for attention: a module, since it may have weights. */
export type Position = AnyModule<[scene: PositionScene], Positioning>;
