import { define } from "@ashlar/nn";
import { reshape, type Tensor } from "@ashlar/tensor";
import type { KeysAndValues } from "./cache.ts";
import type { Pass } from "./pass.ts";
import { noPosition } from "./positions/none.ts";
import type { Position, Positioning, PositionScene } from "./positions/position.ts";
import { type AttentionLayerOptions, projections, sizes, toHeads } from "./projections.ts";
import { scaledDotProductAttention } from "./scaled-dot-product.ts";
import { Shared } from "./shared.ts";

/**
 * Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762), with grouped key heads (Ainslie et al. 2023, arXiv 2305.13245).
 *
 * States [batch, time, dim] and a `Pass` give [batch, time, dim]. The pass's mask says which keys a query sees; with a cache the keys are
 * those of earlier calls and this one's.
 *
 * @throws AttentionError when dim, heads and kvHeads don't fit.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal } from "@ashlar/mask";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = multiHeadAttention({ dim: 8, heads: 2, position: rotary() });
 * const y = bind(layer, init(layer, fresh(0, { device })))(ones([1, 5, 8], { device }), { mask: causal });
 * ```
 */
export const multiHeadAttention = <Scheme extends Position = ReturnType<typeof noPosition>>(options: AttentionLayerOptions<Scheme>) => {
  const { dim, scale, softcap, position = noPosition() as unknown as Scheme } = options;
  const { headDim } = sizes(options);
  return define({ ...projections(options, dim), position }, ({ query, key, value, output, ...bound }, x: Tensor, pass: Pass): Tensor => {
    const { batch, time } = x.dims("batch time dim", { dim });
    const start = pass.start ?? pass.cache?.length ?? 0;
    const range = [start, start + time] as const;
    const shared = pass.shared ?? new Shared(x.device);
    const place = { range, ...(pass.positions ? { positions: pass.positions } : {}) };
    const scheme = (bound.position as (scene: PositionScene) => Positioning)({ queries: range, keys: [0, start + time], device: x.device, shared });
    const rotate = scheme.rotate ?? pass.position?.rotate ?? ((heads: Tensor) => heads);
    const bias = scheme.bias ?? pass.position?.bias;
    const added: KeysAndValues = { key: rotate(toHeads(key(x), headDim), place), value: toHeads(value(x), headDim) };
    const seen = pass.cache ? pass.cache.extend(pass.path ?? "attention", added) : added;
    const context = scaledDotProductAttention(rotate(toHeads(query(x), headDim), place), seen.key, seen.value, {
      mask: pass.mask,
      start,
      shared,
      ...(scale === undefined ? {} : { scale }),
      ...(softcap === undefined ? {} : { softcap }),
      ...(bias ? { bias } : {}),
    });
    return output(reshape(context, [batch, time, (context.shape[2] as number) * headDim]));
  });
};
