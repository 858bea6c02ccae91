import type { Device } from "@ashlar/backend";
import type { Batch, EncoderDecoderExample, Example } from "@ashlar/data";
import { causal, full, type Mask, or, padding, prefix } from "@ashlar/mask";
import type { AnyEncoderDecoder, AnyLanguageModel } from "@ashlar/models";
import { bind, type Params } from "@ashlar/nn";
import { crossEntropy, div, fromData, type Tensor } from "@ashlar/tensor";
import type { Pass } from "@ashlar/train";
import type { MaskName } from "../run/record.ts";

/** The loss of a batch: a scalar, the mean over the targets that count. Without a pass nothing is dropped. */
export type BatchLoss<B> = (params: unknown, batch: B, pass?: Pass) => Tensor;

/** The masks of one stack, for a batch of examples. */
const masks: Readonly<Record<MaskName, (batch: Batch<Example>) => Mask>> = {
  causal: () => causal,
  "or(causal, prefix)": (batch) => or(causal, prefix([...(batch.prefix ?? [])])),
  full: (batch) => padding([...batch.inputs.lengths]),
};

/** The loss of a model with one stack. */
export function oneStackLoss(model: AnyLanguageModel, mask: MaskName, device: Device): BatchLoss<Batch<Example>> {
  return (params, batch, pass) => {
    const logits = bind(model, params as Params<typeof model>)(fromData(batch.inputs.data, batch.inputs.shape, { device }), {
      ...pass,
      mask: masks[mask](batch),
    });
    return meanLoss(logits, batch, device);
  };
}

/** The loss of a model with two stacks. */
export function twoStackLoss(model: AnyEncoderDecoder, device: Device): BatchLoss<Batch<EncoderDecoderExample>> {
  return (params, batch, pass) => {
    const source = fromData(batch.inputs.data, batch.inputs.shape, { device });
    const target = fromData(batch.decoderInputs.data, batch.decoderInputs.shape, { device });
    const whole = batch.inputs.lengths.every((length) => length === batch.inputs.shape[1]);
    const logits = bind(model, params as Params<typeof model>)(source, target, { ...pass, sourceMask: whole ? full : padding([...batch.inputs.lengths]) });
    return meanLoss(logits, batch, device);
  };
}

/** Where nothing counts (no token happened to be masked) the loss is 0, with no gradient. */
function meanLoss(logits: Tensor, batch: Pick<Batch<Example>, "targets" | "lossWeights">, device: Device): Tensor {
  const { targets, lossWeights } = batch;
  const weights = fromData(lossWeights.data, lossWeights.shape, { device });
  return div(crossEntropy(logits, fromData(targets.data, targets.shape, { device }), { weights, reduction: "sum" }), Math.max(1, targetsOf(batch)));
}

/** How many targets of a batch count. */
export function targetsOf({ lossWeights }: Pick<Batch<Example>, "lossWeights">): number {
  return lossWeights.data.reduce((sum, weight) => sum + weight, 0);
}
