import { define } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { KeysAndValues } from "./cache/kind.ts";
import { AttentionError } from "./errors.ts";
import { gated } from "./gate.ts";
import { type BoundAttention, contextOf, keyHeads, queryHeads } from "./heads.ts";
import { type Pass, positionsOf, sceneOf } from "./pass.ts";
import type { Position } from "./positions/position.ts";
import { type AttentionLayerOptions, attentionParts, fromHeads, type HeadNorm, type OutputGate, type Sinks, sizes } from "./projections.ts";

/** The sizes and parts of a cross-attention layer. */
export interface CrossAttentionOptions<
  Scheme extends Position | null = Position | null,
  Norm extends HeadNorm | null = HeadNorm | null,
  Sink extends Sinks | null = Sinks | null,
  Gate extends OutputGate | null = OutputGate | null,
> extends AttentionLayerOptions<Scheme, Norm, Sink, Gate> {
  /** The width of the memory's states; dim unless said. */
  readonly memoryDim?: number;
}

/**
 * Multi-head cross-attention: queries from the states [batch, time, dim], keys and values from the pass's memory [batch, keys, memoryDim],
 * seen through the memory's mask. With a cache, keys and values are computed once.
 *
 * A stack's shared position scheme is not for it; a scheme of its own is (T5 has none, RedLLM rotates).
 *
 * @throws AttentionError when the sizes don't fit or the pass has no memory; TensorError when states or memory are of another width.
 *
 * @example
 * ```ts
 * import { crossAttention } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal, padding } from "@ashlar/mask";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = crossAttention({ dim: 8, heads: 2, memoryDim: 6 });
 * const run = bind(layer, init(layer, fresh(0, { device })));
 * const memory = { states: ones([2, 7, 6], { device }), mask: padding([7, 4]) };
 * run(ones([2, 3, 8], { device }), { mask: causal, memory }); // [2, 3, 8]
 * ```
 */
export const crossAttention = <
  Scheme extends Position | null = null,
  Norm extends HeadNorm | null = null,
  Sink extends Sinks | null = null,
  Gate extends OutputGate | null = null,
>(
  options: CrossAttentionOptions<Scheme, Norm, Sink, Gate>,
) => {
  const { dim, memoryDim = dim } = options;
  const { headDim } = sizes(options);
  return define(attentionParts(options, memoryDim), (parts, x: Tensor, pass: Pass): Tensor => {
    const bound = parts as unknown as BoundAttention;
    const { batch, time } = x.dims("batch time dim", { dim });
    const { memory } = pass;
    if (!memory) throw new AttentionError("crossAttention: expected a memory in the pass, got none; give the encoder's states and their mask");
    const { keys } = memory.states.dims("batch keys memoryDim", { batch, memoryDim });
    const all = [0, keys] as const;
    const { queries, device, shared } = sceneOf(pass, { time, device: x.device });
    const scene = { queries, keys: all, device, shared };
    const scheme = bound.position ? bound.position(scene) : {};
    const placeOf = (range: readonly [number, number], own: Int32Array | undefined) => {
      const positions = positionsOf(own, { batch, time: range[1] - range[0] });
      return { range, ...(positions ? { positions } : {}) };
    };
    const look = (): KeysAndValues => keyHeads(bound, memory.states, options, scheme, placeOf(all, memory.positions));
    const seen = pass.cache ? pass.cache.once(pass.path ?? "cross", look) : look();
    if (seen.key.shape[1] !== keys) throw new AttentionError(`crossAttention: expected a memory of ${seen.key.shape[1]} keys as in the cache, got ${keys}`);
    const query = queryHeads(bound, x, headDim, scheme, placeOf(scene.queries, pass.positions));
    const context = contextOf(bound, query, seen, options, { ...scene, ...scheme, mask: memory.mask, pass });
    return bound.output(fromHeads(gated(bound.gate, x, context, pass)));
  });
};
