import type { Pass } from "@ashlar/attention";
import { define, type Module } from "@ashlar/nn";
import { checkpointed as checkpointedFunction, Tensor } from "@ashlar/tensor";

/**
 * The same block, which keeps only what it was given while a gradient is recorded and runs again on the way back: about a third more time for
 * a training step whose memory hardly grows with the number of blocks (Chen et al. 2016, arXiv 1604.06174). Its parameters, its numbers and
 * what its dropout drops stay as they are, so it can be put around blocks of a checkpoint and taken away again.
 *
 * With a cache it runs as it is. Taps see no gradient inside.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { checkpointed, preNorm, stack, swiglu } from "@ashlar/blocks";
 * import { rmsNorm } from "@ashlar/nn";
 * const dim = 32;
 * const block = preNorm({ attention: multiHeadAttention({ dim, heads: 4, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
 * const deep = stack({ blocks: 24, of: checkpointed(block), norm: rmsNorm(dim) });
 * ```
 */
export const checkpointed = <Parts extends object>(block: Module<Parts, [x: Tensor, pass: Pass], Tensor>): Module<Parts, [x: Tensor, pass: Pass], Tensor> =>
  define(block.parts, (bound, x: Tensor, pass: Pass): Tensor => {
    if (pass.cache) return block.compute(bound, x, pass);
    // all that may have a gradient is an argument, so that the gradient finds it
    const again = checkpointedFunction((x: Tensor, ..._beside: unknown[]) => block.compute(bound, x, pass));
    return again(x, weightsOf(bound), pass.memory?.states, pass.position?.bias);
  });

/** The tensors of bound parts; a bound module has its own under `params`. */
function weightsOf(bound: unknown): unknown {
  if (bound instanceof Tensor || bound === null) return bound;
  if (typeof bound === "function") return "params" in bound ? bound.params : null;
  return Object.values(bound as object).map(weightsOf);
}
