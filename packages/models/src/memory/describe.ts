import type { Device } from "@ashlar/backend";
import { causal, type Mask } from "@ashlar/mask";
import { type Description, describe as describeParts, type Rehearsal, type RehearsalOptions, rehearse } from "@ashlar/nn";
import { add, copy, crossEntropy, type Tensor, zeros } from "@ashlar/tensor";
import type { AnyEncoderDecoder, SequenceCall } from "../encoder-decoder.ts";
import { ModelsError } from "../errors.ts";
import type { SpanLogits } from "../heads/classifiers.ts";
import type { AnyLanguageModel } from "../language-model.ts";
import type { Body, TokenReader } from "../transformer.ts";
import { bytesText, rows } from "./text.ts";

/** Any model here: with one stack, whatever its head, or with two. */
export type AnyModel = AnyLanguageModel | AnyEncoderDecoder | Body | TokenReader<SpanLogits>;

/** How a model is to be run, and trained. */
export interface RunSizes {
  /** How many rows a batch has. */
  readonly batch: number;
  /** How many positions a row has: the target's, for an encoder-decoder. */
  readonly time: number;
  /** How many positions the source has, for an encoder-decoder; as many as the target unless said. */
  readonly source?: number;
  /** What sees what; `causal` unless said. It hardly changes the memory. */
  readonly mask?: Mask;
  /** What makes the training step, such as `adamW(…)` of `@ashlar/train`. Default: one that keeps two numbers for each parameter, as AdamW does. */
  readonly optimizer?: NonNullable<RehearsalOptions<never, never>["optimizer"]>;
  /** How many batches make one step. Default: 1. */
  readonly accumulate?: number;
  /** The device that it is to run on, whose kernels decide what is kept. By default one that has every kernel. */
  readonly device?: Device;
}

/** What `describe` found for these sizes. */
export interface RunDescription extends Description {
  /** Bytes and operations of a forward pass and of a training step. */
  readonly run: Rehearsal;
}

/**
 * A model's parts, shapes and parameters; with sizes, also what a forward pass and a training step take: parameters, gradients, what the
 * optimizer remembers, activations, and the peak of all together, in bytes, before anything is allocated. It is found by running the model
 * and the step without numbers, so dropout, `checkpointed` blocks and whatever else there is count. The loss is the cross-entropy of what the
 * model gives; for another one there is `rehearse` of `@ashlar/nn`.
 *
 * @throws ModelsError when a size is not a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { describe, gpt2LanguageModel } from "@ashlar/models";
 * const { model } = gpt2LanguageModel({ vocab_size: 50_257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 });
 * const { run } = describe(model, { batch: 4, time: 256 });
 * console.log(`${Math.round(run.step / 1e6)} MB`);
 * ```
 */
export function describe(model: { readonly kind: "module"; readonly parts: unknown }): Description;
export function describe(model: AnyModel, sizes: RunSizes): RunDescription;
export function describe(model: { readonly kind: "module"; readonly parts: unknown }, sizes?: RunSizes): Description | RunDescription {
  const parts = describeParts(model);
  if (!sizes) return parts;
  const run = rehearsed(model as AnyModel, sizes); // the signature with sizes asks for one
  return { ...parts, run, toString: () => `${parts}\n\n${table(run, sizes)}` };
}

function rehearsed(model: AnyModel, { batch, time, source = time, mask, optimizer, accumulate, device: like }: RunSizes): Rehearsal {
  for (const [name, size] of Object.entries({ batch, time, source, ...(accumulate === undefined ? {} : { accumulate }) }))
    if (!Number.isSafeInteger(size) || size < 1) throw new ModelsError(`describe: expected ${name} to be a whole number of at least 1, got ${size}`);
  const rest = { ...(optimizer && { optimizer }), ...(accumulate && { accumulate }), ...(like && { like }) };
  const ids = (length: number, device: Device): Tensor<2> => integers([batch, length], device);
  if ("encode" in model) {
    const call: SequenceCall = mask ? { mask } : {};
    return rehearse(model as AnyEncoderDecoder, {
      ...rest,
      run: (run, { device, ...pass }) => run(ids(source, device), ids(time, device), { ...call, ...pass }),
      loss: lossOf,
    });
  }
  return rehearse(model as TokenReader<Tensor | SpanLogits>, {
    ...rest,
    run: (run, { device, ...pass }) => run(ids(time, device), { mask: mask ?? causal, ...pass }),
    loss: lossOf,
  });
}

const integers = <const Shape extends readonly number[]>(shape: Shape, device: Device): Tensor<Shape["length"]> =>
  copy(zeros(shape, { device, dtype: "int32" }));

/** The cross-entropy along the last axis, with targets as large as they will be. */
function lossOf(output: Tensor | SpanLogits): Tensor {
  if ("start" in output) return add(lossOf(output.start), lossOf(output.end));
  return crossEntropy(output, integers(output.shape.slice(0, -1), output.device));
}

function table({ parameters, gradients, optimizer, activations, forward, step, operations }: Rehearsal, { batch, time, accumulate = 1 }: RunSizes): string {
  const one = accumulate === 1 ? "" : `, ${accumulate} batches a step`;
  return rows([
    [`${batch} × ${time} positions${one}`, "forward", "training step"],
    ["parameters", bytesText(parameters), bytesText(parameters)],
    ["gradients", "", bytesText(gradients)],
    ["optimizer", "", bytesText(optimizer)],
    ["kept activations", "", bytesText(activations)],
    ["peak of memory", bytesText(forward), bytesText(step)],
    ["operations", ...[operations.forward, operations.step].map((count) => count.toExponential(2))],
  ]);
}
