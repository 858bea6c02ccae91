import { define } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { SeenKeys } from "./cache/cache.ts";
import { gated } from "./gate.ts";
import { type BoundAttention, contextOf, keyHeads, queryHeads } from "./heads.ts";
import { type Pass, positionsOf, sceneOf } from "./pass.ts";
import type { Position } from "./positions/position.ts";
import { type AttentionLayerOptions, attentionParts, fromHeads, type HeadNorm, type OutputGate, type Sinks, sizes } from "./projections.ts";

/**
 * Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762), with grouped key heads (Ainslie et al. 2023, arXiv 2305.13245).
 *
 * States [batch, time, dim] and a `Pass` give [batch, time, dim]. The pass's mask says which keys a query sees; with a cache the keys are
 * those of earlier calls and this one's.
 *
 * @throws AttentionError when dim, heads and kvHeads don't fit, or the cache isn't this layer's; TensorError when the states are of another
 * width.
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
export const multiHeadAttention = <
  Scheme extends Position | null = null,
  Norm extends HeadNorm | null = null,
  Sink extends Sinks | null = null,
  Gate extends OutputGate | null = null,
>(
  options: AttentionLayerOptions<Scheme, Norm, Sink, Gate>,
) => {
  const { dim } = options;
  const { headDim } = sizes(options);
  return define(attentionParts(options, dim), (parts, x: Tensor, pass: Pass): Tensor => {
    const bound = parts as unknown as BoundAttention;
    const { batch, time } = x.dims("batch time dim", { dim });
    const scene = sceneOf(pass, { time, device: x.device });
    const positions = positionsOf(pass.positions, { batch, time });
    const place = { range: scene.queries, ...(positions ? { positions } : {}) };
    // a layer's own scheme comes before the stack's
    const scheme = bound.position ? bound.position(scene) : (pass.position ?? {});
    const added = keyHeads(bound, x, options, scheme, place);
    const seen: SeenKeys = pass.cache ? pass.cache.extend(pass.path ?? "attention", added) : { ...added, keys: scene.keys };
    const query = queryHeads(bound, x, headDim, scheme, place);
    const context = contextOf(bound, query, seen, options, { ...scene, ...seen, ...scheme, mask: pass.mask, pass });
    return bound.output(fromHeads(gated(bound.gate, x, context, pass)));
  });
};
