import type { AttentionSettings } from "@ashlar/backend";
import type { MaskTable } from "@ashlar/mask";
import { concat, expandDims, full, neg, op, permute, type Random, slice, type Tensor, zerosLike } from "@ashlar/tensor";
import { composedAttention, composedGradient } from "./composed.ts";
import { launchShapes } from "./shapes.ts";

/** Query, key, value, the mask's blocks and tiles, a bias by distance or null, a bias for every pair or null. */
export type AttentionInputs = readonly [
  query: Tensor,
  key: Tensor,
  value: Tensor,
  blocks: Tensor,
  tiles: Tensor,
  distanceBias: Tensor | null,
  pairBias: Tensor | null,
];

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
  /** Which weights are set to zero, the rest growing by 1 / (1 − rate); undefined: none. */
  readonly drop: WeightDropout | undefined;
}

/** Dropout on the weights of attention. */
export interface WeightDropout {
  /** The probability of being dropped, in [0, 1). */
  readonly rate: number;
  /** Where the random numbers come from. */
  readonly random: Random;
}

function settingsOf({ table, softcap, firstDistance }: AttentionCall, bias: Tensor | null): AttentionSettings {
  const { blockQueries, blockKeys } = table;
  return {
    blockQueries,
    blockKeys,
    ...(bias ? { bias: { firstDistance } } : {}),
    ...(softcap === undefined ? {} : { softcap }),
  };
}

const scalarsOf = ({ scale, table: { queries, keys } }: AttentionCall): readonly number[] => [scale, queries.start - keys.start];

/** The kernels know biases by distance and no dropout: anything else is for the composition. */
const served = (inputs: AttentionInputs, { drop }: AttentionCall): boolean => inputs[6] === null && drop === undefined;

const present = (tensors: readonly (Tensor | null)[]): Tensor[] => tensors.filter((tensor) => tensor !== null);

/** Attention over the tiles of a compiled mask: gives the context [batch, queries, heads, valueDim] and the log-sum-exp [batch, heads, queries]. */
export const attentionOp = op<AttentionInputs, AttentionCall, "attention">("attention", {
  compose: composedAttention,
  kernel: {
    name: "attention",
    call: (inputs, call) =>
      served(inputs, call)
        ? { settings: settingsOf(call, inputs[5]), operands: present(inputs), scalars: scalarsOf(call), outputs: launchShapes(inputs).forward }
        : undefined,
  },
  vjp: ({ cotangents: [ofContext = null, ofLogSumExp = null], inputs, outputs: [context, logSumExp], settings }) => {
    if (!ofContext && !ofLogSumExp) return inputs.map(() => null);
    const g = ofContext ?? zerosLike(context as Tensor);
    const [query, key, value, ...rest] = inputs;
    const seen = [context, logSumExp] as [Tensor, Tensor];
    const flows = ofLogSumExp ? withLogSumExp(g, ofLogSumExp, seen, inputs, settings) : gradientOp([g, ...seen, query, key, value, ...rest], settings);
    const [ofQuery, ofKey, ofValue, ...ofBiases] = flows as [Tensor, Tensor, Tensor, ...Tensor[]];
    const next = ofBiases.values();
    const ofBias = (bias: Tensor | null): Tensor | null => (bias ? (next.next().value ?? null) : null);
    return [ofQuery, ofKey, ofValue, null, null, ofBias(inputs[5]), ofBias(inputs[6])];
  },
});

/**
 * The gradient where the log-sum-exp L has a cotangent h too. A score's cotangent is w · (g·value − g·context), and ∂L/∂score = w adds w · h
 * to it: that is one more column of the three, 1 in g, 0 in the value and −h in the context, so that the same kernel serves.
 */
function withLogSumExp(
  g: Tensor,
  h: Tensor,
  [context, logSumExp]: readonly [Tensor, Tensor],
  [query, key, value, ...rest]: AttentionInputs,
  call: AttentionCall,
): readonly Tensor[] {
  const { device } = g;
  const column = (x: Tensor, value: number): Tensor => full([...x.shape.slice(0, 3), 1], value, { device });
  const [ofQuery, ofKey, ofValue, ...ofBiases] = gradientOp(
    [
      concat([g, column(g, 1)], 3),
      concat([context, neg(expandDims(permute(h, [0, 2, 1]), 3))], 3),
      logSumExp,
      query,
      key,
      concat([value, column(value, 0)], 3),
      ...rest,
    ],
    call,
  ) as [Tensor, Tensor, Tensor, ...Tensor[]];
  return [ofQuery, ofKey, slice(ofValue, 3, { end: value.shape[3] as number }), ...ofBiases];
}

const gradientOp = op<readonly [g: Tensor, context: Tensor, logSumExp: Tensor, ...AttentionInputs], AttentionCall, "attentionGradient">("attentionGradient", {
  compose: composedGradient,
  kernel: {
    name: "attentionGradient",
    call: ([g, context, logSumExp, ...inputs], call) =>
      served(inputs, call)
        ? {
            settings: settingsOf(call, inputs[5]),
            operands: [g, context, logSumExp, ...present(inputs)],
            scalars: scalarsOf(call),
            outputs: launchShapes(inputs).backward,
          }
        : undefined,
  },
});
