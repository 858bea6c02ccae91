import type { Module } from "@ashlar/nn";

/**
 * A module with some of its parts replaced by others of the same type: a projection without a bias, another initialisation.
 *
 * @example
 * ```ts
 * import { multiHeadAttention } from "@ashlar/attention";
 * import { withParts } from "@ashlar/models";
 * import { linear } from "@ashlar/nn";
 * const attention = withParts(multiHeadAttention({ dim: 16, heads: 2 }), { output: linear(16, 16, { bias: false }) }); // as Qwen2 has it
 * ```
 */
export const withParts = <Parts extends object, Args extends readonly unknown[], Output>(
  module: Module<Parts, Args, Output>,
  parts: Partial<Parts>,
): Module<Parts, Args, Output> => ({ ...module, parts: { ...module.parts, ...parts } });
