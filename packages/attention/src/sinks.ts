import { define, type Initial, param, zeros } from "@ashlar/nn";

/**
 * A learned score for each head that joins the softmax and is dropped, so that a head may look at nothing (gpt-oss). A sink of −Infinity is
 * none.
 *
 * @example
 * ```ts
 * import { attentionSinks, multiHeadAttention } from "@ashlar/attention";
 * const layer = multiHeadAttention({ dim: 64, heads: 8, sinks: attentionSinks(8) });
 * ```
 */
export const attentionSinks = (heads: number, { initial = zeros }: { readonly initial?: Initial } = {}) =>
  define({ weight: param([heads], initial) }, ({ weight }) => weight);
