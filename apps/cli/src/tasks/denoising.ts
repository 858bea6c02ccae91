import type { Device } from "@ashlar/backend";
import { type Batch, batches, type EncoderDecoderExample, type Examples, prepare, spanCorruption } from "@ashlar/data";
import { padding } from "@ashlar/mask";
import { checkObjective, type SequenceCall } from "@ashlar/models";
import { bind, type Module, type ParamsOf } from "@ashlar/nn";
import { crossEntropy, type Tensor } from "@ashlar/tensor";
import { place, sumOf, type Task } from "./task.ts";

/** A model that reads a source and scores a target. */
export type SequenceModel<Parts> = Module<Parts, [source: Tensor<2>, target: Tensor<2>, call?: SequenceCall], Tensor>;

/** The logits of a batch's targets. */
export function targetLogits<Parts>(
  model: SequenceModel<Parts>,
  params: ParamsOf<Parts>,
  batch: Batch<EncoderDecoderExample>,
  device: Device,
  pass: SequenceCall = {},
): Tensor {
  const sourceMask = padding(Array.from(batch.inputs.lengths));
  return bind(model, params)(place(batch.inputs, device), place(batch.decoderInputs, device), { ...pass, sourceMask });
}

/** Examples of an encoder-decoder, and how they make batches. */
export interface SequencesOptions {
  /** Where the model lives. */
  readonly device: Device;
  /** The examples, drawn anew in every epoch where they are `prepare`d. */
  readonly examples: Examples<EncoderDecoderExample>;
  /** The length of a source, so that those of like length share a batch. */
  readonly lengthOf: (index: number) => number;
  /** Rows a batch. */
  readonly size: number;
}

/** Teaches an encoder-decoder the targets of examples. */
export function sequences<Parts>(
  model: SequenceModel<Parts>,
  { device, examples, lengthOf, size }: SequencesOptions,
): Task<ParamsOf<Parts>, Batch<EncoderDecoderExample>> {
  return {
    perEpoch: Math.ceil(examples.length / size),
    batches: (seed) => batches(examples, { size, seed, lengthOf }),
    loss: (params, batch, pass) =>
      crossEntropy(targetLogits(model, params, batch, device, pass), place(batch.targets, device), { weights: place(batch.lossWeights, device) }),
    tokens: (batch) => sumOf(batch.inputs.lengths) + sumOf(batch.targets.lengths),
    check: checkObjective,
  };
}

/** What span corruption works on. */
export interface DenoisingOptions {
  /** Where the model lives. */
  readonly device: Device;
  /** Rows of token ids. */
  readonly rows: readonly Int32Array[];
  /** The size of the vocabulary, its last ids sentinels. */
  readonly vocab: number;
  /** How many sentinels there are. */
  readonly sentinels: number;
  /** The id behind both sides. */
  readonly end: number;
  /** Rows a batch. */
  readonly size: number;
}

/** Span corruption (Raffel et al. 2020): the decoder writes what the sentinels in the source stand for; other spans in every epoch. */
export function denoising<Parts>(
  model: SequenceModel<Parts>,
  { device, rows, vocab, sentinels, end, size }: DenoisingOptions,
): Task<ParamsOf<Parts>, Batch<EncoderDecoderExample>> {
  const examples = prepare(rows, (row, seed) => spanCorruption(row, { vocab, sentinels, end, seed }));
  return sequences(model, { device, examples, lengthOf: (index) => (rows[index] as Int32Array).length, size });
}
