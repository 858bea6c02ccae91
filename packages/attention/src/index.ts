// The layers.
export { multiHeadAttention } from "./multi-head.ts";
export { type CrossAttentionOptions, crossAttention } from "./cross.ts";
export type { AttentionLayerOptions, AttentionSizes, HeadNorm, OutputGate, ProjectionBiases, Sinks } from "./projections.ts";
export { attentionSinks } from "./sinks.ts";
export { type SigmoidGateOptions, sigmoidGate } from "./gate.ts";

// What is inside.
export { type AttentionOptions, type OfRank, scaledDotProductAttention } from "./scaled-dot-product.ts";
export type { WeightDropout } from "./op/attention.ts";
export { AttentionError } from "./errors.ts";

// What goes through a model.
export { type Memory, type Pass, randomFor, sceneOf, startOf, within } from "./pass.ts";
export { type MaskLayout, type PlacedMask, Shared } from "./shared.ts";

// Caches.
export { Cache, type SeenKeys } from "./cache/cache.ts";
export { type DoublingCacheOptions, doublingCache } from "./cache/doubling.ts";
export { growingCache } from "./cache/growing.ts";
export { type FixedCacheOptions, fixedCache } from "./cache/fixed.ts";
export { type SlidingCacheOptions, slidingCache } from "./cache/sliding.ts";
export { type CacheState, emptyCache, forkCache, rewindCache, selectCache, steadyCache } from "./cache/state.ts";
export { type CacheRecord, restoreCache, type SavedCache, saveCache } from "./cache/saved.ts";
export type { CacheKind, Caching, Joined, KeysAndValues, LayerCache } from "./cache/kind.ts";

// Looking inside.
export { type Taps, taps } from "./looking/taps.ts";
export { type Change, type Interventions, intervene } from "./looking/intervene.ts";
export { isWatched, type Looking, looking, tapped } from "./looking/tapped.ts";
export type { NameOf, Names } from "./looking/names.ts";

// Positions in the attention.
export type { DistanceBias, Position, Positioning, PositionScene, RotationPlace, ScoreBias } from "./positions/position.ts";
export { noPosition } from "./positions/none.ts";
export { type RotaryOptions, type RotaryScaling, type RotaryShape, rotary, rotaryFrequencies, rotaryTables, type ScaledRotary } from "./positions/rotary.ts";
export {
  dynamicScaling,
  type Llama3ScalingOptions,
  type LongRopeOptions,
  linearScaling,
  llama3Scaling,
  longRope,
  type StretchOptions,
  type TrainedStretchOptions,
  type YarnOptions,
  yarn,
  yarnMagnitude,
} from "./positions/scaling.ts";
export { rotate } from "./op/rotary.ts";
export { alibi, alibiSlopes } from "./positions/alibi.ts";
export { type BucketOptions, type T5BiasOptions, t5Bias, t5Bucket } from "./positions/t5.ts";

// Positions in the embeddings.
export { type EmbeddedPlace, type EmbeddedPosition, learnedPositions, type SinusoidOptions, sinusoidalPositions, sinusoids } from "./positions/embedded.ts";
