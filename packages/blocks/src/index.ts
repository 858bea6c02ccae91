// What a block is made of.
export type { Block, BlockParts, Mixer, PerPosition } from "./parts.ts";
export {
  type FeedForward,
  type FeedForwardOptions,
  type FeedForwardPass,
  feedForward,
  type GatedFeedForward,
  gatedFeedForward,
  geglu,
  swiglu,
} from "./feed-forward.ts";

// Blocks.
export { postNorm, preNorm, sandwichNorm } from "./residual.ts";
export { type ParallelParts, parallel } from "./parallel.ts";
export { checkpointed } from "./checkpointed.ts";

// Stacks.
export { layers, type RepeatedParts, repeated, type Stack, type StackOptions, type StackParts, stack } from "./stack.ts";
export { BlocksError } from "./errors.ts";
