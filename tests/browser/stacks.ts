// The four ways to arrange blocks, small: what is trained on every device, and its loss at a step.
import { crossAttention, learnedPositions, multiHeadAttention, noPosition, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { feedForward, postNorm, preNorm, stack, swiglu } from "@ashlar/blocks";
import { causal, or, padding, prefix } from "@ashlar/mask";
import { encoderDecoder, languageModel, transformedHead } from "@ashlar/models";
import { type BoundModule, bind, fresh, init, layerNorm, type Module, type ParamsOf, rmsNorm } from "@ashlar/nn";
import { crossEntropy, type Tensor, tensor } from "@ashlar/tensor";

const [vocab, dim, heads, rows, time, blocks] = [40, 16, 2, 2, 12, 2];

/** One of the four: its parameters, and the loss of the batch of a step. Its model's types stay inside. */
export interface Arrangement {
  readonly params: (device: Device) => object;
  readonly loss: (params: object, step: number, device: Device) => Tensor;
}

/** Ids that count up by three, from another number in each step and row. */
const ids = (device: Device, step: number, by: number): Tensor<2> =>
  tensor(
    Array.from({ length: rows }, (_, row) => Array.from({ length: time }, (_, at) => (step + 5 * row + 3 * (at + by)) % vocab)),
    { device, dtype: "int32" },
  ).ranked(2);

function arrange<Parts, Args extends readonly unknown[]>(
  model: Module<Parts, Args, Tensor>,
  loss: (run: BoundModule<Parts, Args, Tensor>, ids: (by: number) => Tensor<2>) => Tensor,
): Arrangement {
  return {
    params: (device) => init(model, fresh(3, { device })) as object,
    loss: (params, step, device) => loss(bind(model, params as ParamsOf<Parts>), (by) => ids(device, step, by)),
  };
}

const oneWay = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
/** The model of the first two: what differs is the mask. */
export const writer = languageModel({ vocab, dim, stack: stack({ blocks, of: oneWay, norm: rmsNorm(dim) }) });

const bothWays = postNorm({ attention: multiHeadAttention({ dim, heads, position: noPosition() }), feedForward: feedForward(dim), norm: layerNorm(dim) });
const reader = languageModel({
  vocab,
  dim,
  positions: learnedPositions(time, dim),
  norm: layerNorm(dim),
  stack: stack({ blocks, of: bothWays }),
  head: transformedHead({ dim, vocab, norm: layerNorm(dim) }),
});

const parts = { feedForward: feedForward(dim), norm: rmsNorm(dim) };
const reading = preNorm({ ...parts, attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: true }) }) });
const writing = preNorm({
  ...parts,
  attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: false }) }),
  cross: crossAttention({ dim, heads }),
});
const pair = encoderDecoder({
  vocab,
  dim,
  encoder: stack({ blocks, of: reading, norm: rmsNorm(dim) }),
  decoder: stack({ blocks, of: writing, norm: rmsNorm(dim) }),
});

/** The four stacks by name. The source of the last two is padded: its rows have 12 and 9 tokens. */
export const stacks = {
  "decoder-only": arrange(writer, (run, at) => crossEntropy(run(at(0), { mask: causal }), at(1))),
  "prefix LM": arrange(writer, (run, at) => crossEntropy(run(at(0), { mask: or(causal, prefix([6, 3])) }), at(1))),
  "encoder-only": arrange(reader, (run, at) => crossEntropy(run(at(0), { mask: padding([time, 9]) }), at(2))),
  "encoder-decoder": arrange(pair, (run, at) => crossEntropy(run(at(0), at(3), { sourceMask: padding([time, 9]) }), at(4))),
} as const satisfies Record<string, Arrangement>;
