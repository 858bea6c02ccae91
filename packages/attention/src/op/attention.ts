import type { AttentionSettings } from "@ashlar/backend";
import type { MaskTable } from "@ashlar/mask";
import { op, type Tensor } from "@ashlar/tensor";
import { composedAttention, composedGradient } from "./composed.ts";
import { launchShapes } from "./shapes.ts";

/** Query, key, value, the mask's blocks and tiles, and a bias table or null. */
export type AttentionInputs = readonly [query: Tensor, key: Tensor, value: Tensor, blocks: Tensor, tiles: Tensor, bias: Tensor | null];

/** What stays the same while attention runs. */
export interface AttentionCall {
  /** Multiplies query · key. */
  readonly scale: number;
  /** Caps scores smoothly; undefined: no cap. */
  readonly softcap: number | undefined;
  /** The distance of the bias table's first column. */
  readonly firstDistance: number;
  /** The mask's table, for the composition and the kernel's settings. */
  readonly table: MaskTable;
}

function settingsOf({ table, softcap, firstDistance }: AttentionCall, bias: Tensor | null): AttentionSettings {
  const { blockQueries, blockKeys, queries, keys } = table;
  return {
    blockQueries,
    blockKeys,
    queryOffset: queries.start - keys.start,
    ...(bias ? { bias: { firstDistance } } : {}),
    ...(softcap === undefined ? {} : { softcap }),
  };
}

const present = (tensors: readonly (Tensor | null)[]): Tensor[] => tensors.filter((tensor) => tensor !== null);

/** Attention over the tiles of a compiled mask: gives the context [batch, queries, heads, valueDim] and the log-sum-exp [batch, heads, queries]. */
export const attentionOp = op<AttentionInputs, AttentionCall, "attention">("attention", {
  compose: composedAttention,
  kernel: {
    name: "attention",
    call: (inputs, call) => ({
      settings: settingsOf(call, inputs[5]),
      operands: present(inputs),
      scalars: [call.scale],
      outputs: launchShapes(inputs).forward,
    }),
  },
  vjp: ({ cotangents: [g], inputs, outputs: [context, logSumExp], settings }) => {
    if (!g) return inputs.map(() => null);
    const gradients = gradientOp([g, context as Tensor, logSumExp as Tensor, ...inputs], settings);
    return [gradients[0] as Tensor, gradients[1] as Tensor, gradients[2] as Tensor, null, null, inputs[5] ? (gradients[3] as Tensor) : null];
  },
});

const gradientOp = op<readonly [g: Tensor, context: Tensor, logSumExp: Tensor, ...AttentionInputs], AttentionCall, "attentionGradient">("attentionGradient", {
  compose: composedGradient,
  kernel: {
    name: "attentionGradient",
    call: ([g, context, logSumExp, ...inputs], call) => ({
      settings: settingsOf(call, inputs[5]),
      operands: [g, context, logSumExp, ...present(inputs)],
      scalars: [call.scale],
      outputs: launchShapes(inputs).backward,
    }),
  },
});
