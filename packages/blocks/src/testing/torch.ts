// PyTorch's transformer layers out of this package's parts, with the weights under the names that PyTorch gives them.
import { crossAttention, multiHeadAttention } from "@ashlar/attention";
import { layerNorm } from "@ashlar/nn";
import { slice, type Tensor, type Unary } from "@ashlar/tensor";
import { feedForward, postNorm, preNorm } from "../index.ts";

/** The sizes of a layer. */
export interface LayerShape {
  readonly dim: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: Unary;
  readonly bias?: boolean;
  readonly normFirst?: boolean;
}

const shared = ({ dim, heads, hidden, activation, bias = true }: LayerShape) => ({
  attention: multiHeadAttention({ dim, heads, bias }),
  feedForward: feedForward(dim, { hidden, activation, bias }),
  norm: layerNorm(dim, { bias }),
});

/** nn.TransformerEncoderLayer. */
export const encoderLayer = (shape: LayerShape) => (shape.normFirst ? preNorm(shared(shape)) : postNorm(shared(shape)));

/** nn.TransformerDecoderLayer. */
export const decoderLayer = (shape: LayerShape) => {
  const parts = { ...shared(shape), cross: crossAttention(shape) };
  return shape.normFirst ? preNorm(parts) : postNorm(parts);
};

type Named = Readonly<Record<string, Tensor>>;

const part = (weights: Named, name: string) => ({
  weight: (weights[`${name}weight`] as Tensor).ranked(2),
  bias: weights[`${name}bias`]?.ranked(1) ?? null,
});

const norm = (weights: Named, name: string) => ({
  weight: (weights[`${name}weight`] as Tensor).ranked(1),
  bias: weights[`${name}bias`]?.ranked(1) ?? null,
});

/** in_proj holds query, key and value one below the other. */
function attention(weights: Named, name: string) {
  const whole = part(weights, `${name}in_proj_`);
  const dim = whole.weight.shape[1] as number;
  const third = (index: number) => {
    const range = { start: index * dim, end: (index + 1) * dim };
    return { weight: slice(whole.weight, 0, range), bias: whole.bias && slice(whole.bias, 0, range) };
  };
  const none = { queryNorm: null, keyNorm: null, sinks: null, gate: null, position: null };
  return { query: third(0), key: third(1), value: third(2), output: part(weights, `${name}out_proj.`), ...none };
}

/** The tree of an encoder layer. */
export const encoderTree = (weights: Named) => ({
  attentionNorm: norm(weights, "norm1."),
  attention: attention(weights, "self_attn."),
  attentionAfter: null,
  crossNorm: null,
  cross: null,
  crossAfter: null,
  feedForwardNorm: norm(weights, "norm2."),
  feedForward: { up: part(weights, "linear1."), down: part(weights, "linear2."), dropout: {} },
  feedForwardAfter: null,
  dropout: {},
});

/** The tree of a decoder layer. */
export const decoderTree = (weights: Named) => ({
  ...encoderTree(weights),
  crossNorm: norm(weights, "norm2."),
  cross: attention(weights, "multihead_attn."),
  feedForwardNorm: norm(weights, "norm3."),
});

/** Every parameter of a layer as PyTorch has it: its name and its shape. */
export function torchShapes({ dim, hidden }: LayerShape, decoder: boolean): readonly (readonly [name: string, shape: readonly number[]])[] {
  const ofAttention = (name: string) =>
    [
      [`${name}.in_proj_weight`, [3 * dim, dim]],
      [`${name}.in_proj_bias`, [3 * dim]],
      [`${name}.out_proj.weight`, [dim, dim]],
      [`${name}.out_proj.bias`, [dim]],
    ] as const;
  const ofNorm = (name: string) =>
    [
      [`${name}.weight`, [dim]],
      [`${name}.bias`, [dim]],
    ] as const;
  return [
    ...ofAttention("self_attn"),
    ...(decoder ? ofAttention("multihead_attn") : []),
    ["linear1.weight", [hidden, dim]],
    ["linear1.bias", [hidden]],
    ["linear2.weight", [dim, hidden]],
    ["linear2.bias", [dim]],
    ...ofNorm("norm1"),
    ...ofNorm("norm2"),
    ...(decoder ? ofNorm("norm3") : []),
  ];
}
