export { NnError } from "./errors.ts";
export {
  type AnyModule,
  type Bound,
  type BoundModule,
  define,
  type Initial,
  isModule,
  isParam,
  type Matrix,
  type Module,
  matrix,
  type Param,
  type Params,
  type ParamsOf,
  param,
  type QuantizedPlace,
} from "./module.ts";
export { bind } from "./bind.ts";
export { fresh, init, replace, type Source } from "./init.ts";
export { type PartialSource, taken } from "./taken.ts";
export { casting, type CastingOptions } from "./casting.ts";
export { type QuantizedModule, type QuantizedOptions, type QuantizedParts, quantized, quantizing } from "./quantized.ts";
export { type Description, describe } from "./describe.ts";
export { type Rehearsal, type RehearsalOptions, type RehearsalPass, type RehearsedOptimizer, rehearse } from "./rehearse.ts";
export { constant, normal, ones, truncatedNormal, uniform, zeros } from "./initial.ts";
export { type Linear, type LinearOptions, linear } from "./linear.ts";
export { type Embedding, embedding } from "./embedding.ts";
export { type LayerNorm, layerNorm, type RmsNorm, rmsNorm } from "./norms.ts";
export { type Dropout, dropout } from "./dropout.ts";
