import type { AttentionSettings } from "@ashlar/backend";
import type { MaskTable } from "@ashlar/mask";
import { concat, expandDims, full, neg, op, permute, type Random, slice, type Tensor, zerosLike } from "@ashlar/tensor";
import { composedAttention, composedGradient } from "./composed.ts";
import { launchShapes } from "./shapes.ts";

/** Query, key, value, the mask's blocks and tiles, a bias by distance or null, a bias for every pair [1 or batch, 1 or heads, queries, keys] or null. */
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

/** What the gradient is asked for. */
interface GradientCall extends AttentionCall {
  /** Whether the gradient of the bias for every pair is wanted. */
  readonly ofPairs: boolean;
}

function settingsOf({ table, softcap, firstDistance, drop }: AttentionCall, [, , , , , bias, pairs]: AttentionInputs): AttentionSettings {
  const { blockQueries, blockKeys } = table;
  return {
    blockQueries,
    blockKeys,
    ...(bias ? { bias: { firstDistance } } : {}),
    ...(pairs ? { pairs: true } : {}),
    ...(softcap === undefined ? {} : { softcap }),
    ...(drop ? { dropout: true } : {}),
  };
}

/** Where a call is replayed further on, its queries have moved and its keys stay where they are in their cache. */
const advance = [0, 1];

function scalarsOf({ scale, table: { queries, keys }, drop }: AttentionCall): readonly number[] {
  return [scale, queries.start - keys.start, ...(drop ? [drop.rate, ...drop.random.state] : [])];
}

const present = (tensors: readonly (Tensor | null)[]): Tensor[] => tensors.filter((tensor) => tensor !== null);

/** Attention over the tiles of a compiled mask: gives the context [batch, queries, heads, valueDim] and the log-sum-exp [batch, heads, queries]. */
export const attentionOp = op<AttentionInputs, AttentionCall, "attention">("attention", {
  compose: composedAttention,
  kernel: {
    name: "attention",
    call: (inputs, call) => ({
      settings: settingsOf(call, inputs),
      operands: present(inputs),
      scalars: scalarsOf(call),
      advance,
      outputs: launchShapes(inputs).forward,
    }),
  },
  vjp: ({ cotangents: [ofContext = null, ofLogSumExp = null], inputs, outputs: [context, logSumExp], settings, wanted }) => {
    if (!ofContext && !ofLogSumExp) return inputs.map(() => null);
    const g = ofContext ?? zerosLike(context as Tensor);
    const [query, key, value, ...rest] = inputs;
    const seen = [context, logSumExp] as [Tensor, Tensor];
    const ofPairs = inputs[6] !== null && wanted[6] === true;
    const call = { ...settings, ofPairs };
    const flows = ofLogSumExp ? withLogSumExp(g, ofLogSumExp, seen, inputs, call) : gradientOp([g, ...seen, query, key, value, ...rest], call);
    const [ofQuery, ofKey, ofValue, ...ofBiases] = flows as [Tensor, Tensor, Tensor, ...Tensor[]];
    return [ofQuery, ofKey, ofValue, null, null, inputs[5] ? (ofBiases[0] as Tensor) : null, ofPairs ? (ofBiases.at(-1) as Tensor) : null];
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
  call: GradientCall,
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

const gradientOp = op<readonly [g: Tensor, context: Tensor, logSumExp: Tensor, ...AttentionInputs], GradientCall, "attentionGradient">("attentionGradient", {
  compose: composedGradient,
  kernel: {
    name: "attentionGradient",
    call: ([g, context, logSumExp, ...inputs], call) => ({
      settings: { ...settingsOf(call, inputs), ...(call.ofPairs ? { ofPairs: true } : {}) },
      operands: [g, context, logSumExp, ...present(inputs)],
      scalars: scalarsOf(call),
      outputs: launchShapes(inputs, call).backward,
    }),
  },
});
