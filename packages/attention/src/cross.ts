import { define } from "@ashlar/nn";
import { reshape, type Tensor } from "@ashlar/tensor";
import type { KeysAndValues } from "./cache.ts";
import { AttentionError } from "./errors.ts";
import type { Pass } from "./pass.ts";
import type { Position } from "./positions/position.ts";
import { type AttentionLayerOptions, projections, sizes, toHeads } from "./projections.ts";
import { scaledDotProductAttention } from "./scaled-dot-product.ts";

/**
 * Multi-head cross-attention: queries from the states, keys and values from the pass's memory [batch, keys, memoryDim], seen through the
 * memory's mask. With a cache, keys and values are computed once.
 *
 * @throws AttentionError when the sizes don't fit or the pass has no memory.
 */
export const crossAttention = (options: Omit<AttentionLayerOptions<Position>, "position"> & { readonly memoryDim?: number }) => {
  const { dim, memoryDim = dim, scale, softcap } = options;
  const { headDim } = sizes(options);
  return define(projections(options, memoryDim), ({ query, key, value, output }, x: Tensor, pass: Pass): Tensor => {
    const { batch, time } = x.dims("batch time dim", { dim });
    const { memory } = pass;
    if (!memory) throw new AttentionError("crossAttention: expected a memory in the pass, got none; give the encoder's states and their mask");
    const look = (): KeysAndValues => {
      memory.states.dims("batch keys memoryDim", { batch, memoryDim });
      return { key: toHeads(key(memory.states), headDim), value: toHeads(value(memory.states), headDim) };
    };
    const seen = pass.cache ? pass.cache.once(pass.path ?? "cross", look) : look();
    const context = scaledDotProductAttention(toHeads(query(x), headDim), seen.key, seen.value, {
      mask: memory.mask,
      start: pass.start ?? pass.cache?.length ?? 0,
      ...(pass.shared ? { shared: pass.shared } : {}),
      ...(scale === undefined ? {} : { scale }),
      ...(softcap === undefined ? {} : { softcap }),
    });
    return output(reshape(context, [batch, time, (context.shape[2] as number) * headDim]));
  });
};
