// Read by the compiler alone: each line under an expectation is an error.
import { crossAttention, multiHeadAttention, t5Bias } from "@ashlar/attention";
import { causal } from "@ashlar/mask";
import { bind, layerNorm, type Params, rmsNorm } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import { feedForward, layers, parallel, preNorm, repeated, sandwichNorm, stack, swiglu } from "./index.ts";

declare const states: Tensor;
const [attention, norm] = [multiHeadAttention({ dim: 8, heads: 2 }), rmsNorm(8)];
const block = preNorm({ attention, feedForward: swiglu(8), norm });
const model = stack({ blocks: 2, of: block, norm: layerNorm(8), position: t5Bias({ heads: 2, bidirectional: true }) });
declare const params: Params<typeof model>;

export const up: Tensor<2> = params.blocks[0]!.feedForward.up.weight;
export const bias: Tensor<1> | null = params.norm.bias;
export const shared: Tensor<2> = params.position.weight;
export const noCross: null = params.blocks[0]!.cross;
// @ts-expect-error: a misspelt part
params.blocks[0]!.feedforward;
// @ts-expect-error: an RMS norm has no bias
params.blocks[0]!.attentionNorm.bias;
// @ts-expect-error: a pre-norm block has no norm on what a part gives
params.blocks[0]!.attentionAfter.weight;

bind(model, params)(states, { mask: causal });
// @ts-expect-error: a pass has a mask
bind(model, params)(states, {});
// @ts-expect-error: the parameters of one block
bind(model, params.blocks[0]);

const crossing = preNorm({ attention, cross: crossAttention({ dim: 8, heads: 2 }), feedForward: feedForward(8), norm });
declare const crossed: Params<typeof crossing>;
export const key: Tensor<2> = crossed.cross.key.weight;
export const crossNorm: Tensor<1> = crossed.crossNorm.weight;
declare const sandwiched: Params<ReturnType<typeof sandwich>>;
const sandwich = () => sandwichNorm({ attention, feedForward: feedForward(8), norm });
export const after: Tensor<1> = sandwiched.attentionAfter.weight;
declare const once: Params<ReturnType<typeof again>>;
const again = () => repeated({ times: 3, of: block });
export const gate: Tensor<2> = once.block.feedForward.gate.weight;

// @ts-expect-error: a block needs a norm
preNorm({ attention, feedForward: swiglu(8) });
// @ts-expect-error: parallel blocks don't cross
parallel({ attention, cross: attention, feedForward: swiglu(8), norm });
// @ts-expect-error: a norm is no block
layers([norm, { norm: 3 }]);
// @ts-expect-error: an activation is a function, not a name
feedForward(8, { activation: "gelu" });
// @ts-expect-error: the activation is what makes it a SwiGLU
swiglu(8, { activation: (x: Tensor) => x });
