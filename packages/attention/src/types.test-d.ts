// Read by the compiler alone: each line under an expectation is an error.
import type { Device } from "@ashlar/backend";
import { causal } from "@ashlar/mask";
import { bind, fresh, init, layerNorm, type Params, rmsNorm } from "@ashlar/nn";
import { type Tensor, zeros } from "@ashlar/tensor";
import { alibi, attentionSinks, crossAttention, multiHeadAttention, rotary, scaledDotProductAttention, sigmoidGate, t5Bias } from "./index.ts";

declare const device: Device;
declare const anyRank: Tensor;
const mask = causal;

const heads = zeros([2, 5, 4, 8], { device });
const states = zeros([2, 5, 32], { device });
export const context: Tensor<4> = scaledDotProductAttention(heads, heads, heads, { mask });
scaledDotProductAttention(anyRank, anyRank, heads, { mask });
// @ts-expect-error: states where heads belong
scaledDotProductAttention(states, heads, heads, { mask });
// @ts-expect-error: states where keys belong
scaledDotProductAttention(heads, states, heads, { mask });
// @ts-expect-error: states where values belong
scaledDotProductAttention(heads, heads, states, { mask });
// @ts-expect-error: no mask; `full` is one
scaledDotProductAttention(heads, heads, heads, {});

// the tree of parameters follows from the options
const plain = multiHeadAttention({ dim: 32, heads: 4 });
const params: Params<typeof plain> = init(plain, fresh(0, { device }));
export const weight: Tensor<2> = params.query.weight;
export const bias: Tensor<1> | null = params.output.bias;
export const none: null = params.position;
export const noNorm: null = params.queryNorm;
// @ts-expect-error: a misspelt parameter
params.qeury;
// @ts-expect-error: there is no scheme, so it has no weight
params.position.weight;

const rich = multiHeadAttention({ dim: 32, heads: 4, position: t5Bias({ heads: 4, bidirectional: true }), headNorm: rmsNorm(8), sinks: attentionSinks(4) });
declare const richParams: Params<typeof rich>;
export const buckets: Tensor<2> = richParams.position.weight;
export const normWeight: Tensor<1> = richParams.keyNorm.weight;
export const sinks: Tensor<1> = richParams.sinks.weight;

const gated = multiHeadAttention({ dim: 32, heads: 4, gate: sigmoidGate(32, 4) });
declare const gatedParams: Params<typeof gated>;
export const gateWeight: Tensor<2> = gatedParams.gate.weight;
export const noGate: null = richParams.gate;
// @ts-expect-error: a gate is a value, not a flag
multiHeadAttention({ dim: 32, heads: 4, gate: true });
// @ts-expect-error: an RMS norm has no bias
richParams.keyNorm.bias;

// @ts-expect-error: the parameters of another layer
bind(rich, params);
// @ts-expect-error: a pass has a mask
bind(plain, params)(states, {});
bind(plain, params)(states, { mask });
bind(crossAttention({ dim: 32, heads: 4, memoryDim: 16, position: rotary() }), { ...params, position: {} })(states, {
  mask,
  memory: { states: anyRank, mask },
});

// options that nobody reads are mistakes
// @ts-expect-error: heads are missing
multiHeadAttention({ dim: 32 });
// @ts-expect-error: a misspelt option
multiHeadAttention({ dim: 32, heads: 4, kvheads: 2 });
// @ts-expect-error: a scheme is a value, not a name
multiHeadAttention({ dim: 32, heads: 4, position: "rotary" });
// @ts-expect-error: a norm is no position scheme
multiHeadAttention({ dim: 32, heads: 4, position: layerNorm(32) });
// @ts-expect-error: all four projections or none
multiHeadAttention({ dim: 32, heads: 4, bias: { query: true } });
// @ts-expect-error: a direction must be chosen
t5Bias({ heads: 4 });
// @ts-expect-error: the slopes follow from the number of heads
alibi({});
