import { Cache, type Caching, doublingCache, emptyCache } from "@ashlar/attention";
import { shapesOnly } from "@ashlar/backend";
import { causal } from "@ashlar/mask";
import { bind, init } from "@ashlar/nn";
import { fromData, scoped, type Tensor, tensors, zeros } from "@ashlar/tensor";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import type { AnyLanguageModel } from "../language-model.ts";

/** For how much text a cache is measured. */
export interface CacheSize {
  /** How many rows are decoded at once, beams included; 1 unless said. */
  readonly batch?: number;
  /** How many positions are read: prompt, padding and what is generated. */
  readonly length: number;
  /** How keys and values are kept; `doublingCache()` unless said. */
  readonly cache?: Caching;
  /** The longest source, for an encoder-decoder, whose keys and values are kept too; 1 unless said. */
  readonly source?: number;
}

/**
 * How many bytes the cache of a model takes once so many positions were read, before anything is allocated: the model is run without numbers,
 * so it holds for any model and any kind of cache. A growing cache takes twice that while a step copies it, a doubling one half as much again when it doubles.
 *
 * @throws AttentionError when a fixed cache hasn't room for the length, or a learned table of positions is shorter.
 *
 * @example
 * ```ts
 * import { slidingCache } from "@ashlar/attention";
 * import { type AnyLanguageModel, cacheBytes } from "@ashlar/models";
 * const megabytes = (model: AnyLanguageModel) => cacheBytes(model, { batch: 4, length: 100_000, cache: slidingCache({ window: 512 }) }) / 2 ** 20;
 * ```
 */
export function cacheBytes(
  model: AnyLanguageModel | AnyEncoderDecoder,
  { batch = 1, length, cache: caching = doublingCache(), source = 1 }: CacheSize,
): number {
  const device = shapesOnly();
  return scoped(() => {
    const cache = new Cache(emptyCache, caching);
    const numberless = { read: (_: string, { shape }: { readonly shape: readonly number[] }) => zeros(shape, { device }) };
    const tokens = (time: number): Tensor<2> => fromData(new Int32Array(batch * time), [batch, time], { device });
    if ("encode" in model) {
      const params = init(model, numberless);
      bind(model.write, params)(bind(model.encode, params)(tokens(source), {}), tokens(length), { cache });
    } else bind(model.read, init(model, numberless))(tokens(length), { mask: causal, cache });
    const storages = new Set(tensors(cache.state).map(({ storage }) => storage));
    return [...storages].reduce((sum, { buffer }) => sum + buffer.bytes, 0);
  });
}
