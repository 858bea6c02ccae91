export { type FeedForwardOptions, feedForward, gatedFeedForward, geglu, swiglu } from "./feed-forward.ts";
export { type Block, type BlockParts, type Mixer, type PerPosition, parallel, postNorm, preNorm } from "./block.ts";
export { layers, type Stack, type StackParts, stack } from "./stack.ts";
