// The four ways to arrange blocks, small: what is trained on every device, here and in the tests of the browser, and its loss at a step.
import { crossAttention, learnedPositions, multiHeadAttention, noPosition, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { feedForward, postNorm, preNorm, stack, swiglu } from "@ashlar/blocks";
import { causal, or, padding, prefix } from "@ashlar/mask";
import { encoderDecoder, languageModel, transformedHead } from "@ashlar/models";
import { type BoundModule, bind, fresh, init, layerNorm, type Module, type ParamsOf, rmsNorm } from "@ashlar/nn";
import { crossEntropy, type Tensor, tensor } from "@ashlar/tensor";

/** How large the models are, and their batch. */
export interface ArrangementSizes {
  readonly vocab: number;
  readonly dim: number;
  readonly heads: number;
  readonly rows: number;
  readonly time: number;
  readonly blocks: number;
  /** The seed of the parameters. */
  readonly seed: number;
  /** The token at a place of a row, before it is cut down to the vocabulary. */
  readonly token: (row: number, place: number, step: number) => number;
}

/** One of the four: its parameters, and the loss of the batch of a step. Its model's types stay inside. */
export interface Arrangement {
  /** How many tokens a step reads. */
  readonly tokens: number;
  readonly params: (device: Device) => object;
  readonly loss: (params: object, step: number, device: Device) => Tensor;
}

/** The model of the first two, whose mask alone differs: rotary positions, gated layers, RMS norms. */
export function writerOf({ vocab, dim, heads, blocks }: ArrangementSizes) {
  const oneWay = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  return languageModel({ vocab, dim, stack: stack({ blocks, of: oneWay, norm: rmsNorm(dim) }) });
}

/** As BERT is: learned positions, norms after the parts, a head with a transform. */
function readerOf({ vocab, dim, heads, time, blocks }: ArrangementSizes) {
  const bothWays = postNorm({ attention: multiHeadAttention({ dim, heads, position: noPosition() }), feedForward: feedForward(dim), norm: layerNorm(dim) });
  return languageModel({
    vocab,
    dim,
    positions: learnedPositions(time, dim),
    norm: layerNorm(dim),
    stack: stack({ blocks, of: bothWays }),
    head: transformedHead({ dim, vocab, norm: layerNorm(dim) }),
  });
}

/** As T5 is: biases by distance, and cross-attention. */
function pairOf({ vocab, dim, heads, blocks }: ArrangementSizes) {
  const parts = { feedForward: feedForward(dim), norm: rmsNorm(dim) };
  const reading = preNorm({ ...parts, attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: true }) }) });
  const writing = preNorm({
    ...parts,
    attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: false }) }),
    cross: crossAttention({ dim, heads }),
  });
  return encoderDecoder({
    vocab,
    dim,
    encoder: stack({ blocks, of: reading, norm: rmsNorm(dim) }),
    decoder: stack({ blocks, of: writing, norm: rmsNorm(dim) }),
  });
}

/** The four stacks by name. The rows of the last two are padded, the prefixes of the second half as long as those. */
export function arrangements(sizes: ArrangementSizes) {
  const { vocab, rows, time, seed, token } = sizes;
  const arrange = <Parts, Args extends readonly unknown[]>(
    model: Module<Parts, Args, Tensor>,
    loss: (run: BoundModule<Parts, Args, Tensor>, ids: (by: number) => Tensor<2>) => Tensor,
    tokens = rows * time,
  ): Arrangement => ({
    tokens,
    params: (device) => init(model, fresh(seed, { device })) as object,
    loss: (params, step, device) => {
      const ids = (by: number): Tensor<2> => {
        const row = (row: number) => Array.from({ length: time }, (_, at) => token(row, at + by, step) % vocab);
        return tensor(
          Array.from({ length: rows }, (_, at) => row(at)),
          { device, dtype: "int32" },
        ).ranked(2);
      };
      return loss(bind(model, params as ParamsOf<Parts>), ids);
    },
  });
  const [writer, lengths] = [writerOf(sizes), Array.from({ length: rows }, (_, row) => time - 3 * row)];
  const prefixes = prefix(lengths.map((length) => length >> 1));
  return {
    "decoder-only": arrange(writer, (run, ids) => crossEntropy(run(ids(0), { mask: causal }), ids(1))),
    prefix: arrange(writer, (run, ids) => crossEntropy(run(ids(0), { mask: or(causal, prefixes) }), ids(1))),
    encoder: arrange(readerOf(sizes), (run, ids) => crossEntropy(run(ids(0), { mask: padding(lengths) }), ids(2))),
    "encoder-decoder": arrange(pairOf(sizes), (run, ids) => crossEntropy(run(ids(0), ids(3), { sourceMask: padding(lengths) }), ids(4)), 2 * rows * time),
  } as const satisfies Record<string, Arrangement>;
}
