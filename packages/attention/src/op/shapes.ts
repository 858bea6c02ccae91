import type { OutputSpec } from "@ashlar/backend";
import type { AttentionInputs } from "./attention.ts";

/** What the attention kernels give for these inputs, forward and backward. */
export function launchShapes(
  [query, key, value, , , bias, pairs]: AttentionInputs,
  { ofPairs = false }: { readonly ofPairs?: boolean } = {},
): {
  readonly forward: readonly OutputSpec[];
  readonly backward: readonly OutputSpec[];
} {
  const { batch, queries, heads } = query.dims("batch queries heads dim");
  const spec = (shape: readonly number[]): OutputSpec => ({ shape, dtype: "float32" });
  return {
    forward: [spec([batch, queries, heads, value.shape[3] as number]), spec([batch, heads, queries])],
    backward: [query, key, value, ...(bias ? [bias] : []), ...(pairs && ofPairs ? [pairs] : [])].map(({ shape }) => spec(shape)),
  };
}
