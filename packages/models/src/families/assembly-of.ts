import type { Tensor } from "@ashlar/tensor";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import { ModelsError } from "../errors.ts";
import type { SpanLogits } from "../heads/classifiers.ts";
import type { AnyLanguageModel } from "../language-model.ts";
import type { Body, TokenReader } from "../transformer.ts";
import type { Assembly } from "./assembly.ts";
import { bertEncoder, bertMaskedLanguageModel, bertSequenceClassifier, bertSpanClassifier, bertTokenClassifier } from "./bert.ts";
import type { PretrainedConfig } from "./config.ts";
import { gpt2LanguageModel } from "./gpt2.ts";
import { llamaLanguageModel, mistralLanguageModel, qwen2LanguageModel, qwen3LanguageModel } from "./llama.ts";
import { nearest } from "./nearest.ts";
import { quantizationOf, quantizedAssembly } from "./quantized-assembly.ts";
import { type SequenceAssembly, t5EncoderDecoder } from "./t5.ts";

/** What a config can become; `kind` tells how the model is called. */
export type AnyAssembly =
  | Assembly<"languageModel", AnyLanguageModel>
  | Assembly<"maskedLanguageModel", AnyLanguageModel>
  | Assembly<"encoder", Body>
  | Assembly<"sequenceClassifier", TokenReader<Tensor>>
  | Assembly<"tokenClassifier", TokenReader<Tensor>>
  | Assembly<"spanClassifier", TokenReader<SpanLogits>>
  | SequenceAssembly<AnyEncoderDecoder>;

// each family checks its own fields, so a config from a file goes in as it is
const architectures: Readonly<Record<string, (config: never) => AnyAssembly>> = {
  BertForMaskedLM: bertMaskedLanguageModel,
  BertForQuestionAnswering: bertSpanClassifier,
  BertForSequenceClassification: bertSequenceClassifier,
  BertForTokenClassification: bertTokenClassifier,
  BertModel: bertEncoder,
  GPT2LMHeadModel: gpt2LanguageModel,
  LlamaForCausalLM: llamaLanguageModel,
  MistralForCausalLM: mistralLanguageModel,
  Qwen2ForCausalLM: qwen2LanguageModel,
  Qwen3ForCausalLM: qwen3LanguageModel,
  T5ForConditionalGeneration: t5EncoderDecoder,
};

/** The architectures that `assemblyOf` knows. */
export const knownArchitectures: readonly string[] = Object.keys(architectures);

/**
 * The model and the name table for a `config.json` of Hugging Face: `architectures[0]` says which family. Where it says that the weights were saved
 * quantized (`quantizedAssembly`), so is the model.
 *
 * @throws ModelsError when the architecture is missing or unknown, a size is missing, a setting is one that the family can't do, or the weights were
 * quantized by another program.
 *
 * @example
 * ```ts
 * import { assemblyOf } from "@ashlar/models";
 * const assembly = assemblyOf({ architectures: ["GPT2LMHeadModel"], vocab_size: 97, n_positions: 64, n_embd: 32, n_layer: 3, n_head: 4 });
 * assembly.kind; // "languageModel"
 * ```
 */
export function assemblyOf(config: PretrainedConfig & Readonly<Record<string, unknown>>): AnyAssembly {
  const name = config.architectures?.[0];
  const known = `known: ${knownArchitectures.join(", ")}`;
  if (typeof name !== "string")
    throw new ModelsError(`assemblyOf: expected architectures in the config, got ${JSON.stringify(config.architectures) ?? "none"}; ${known}`);
  const assemble = Object.hasOwn(architectures, name) ? architectures[name] : undefined;
  if (!assemble)
    throw new ModelsError(`assemblyOf: unknown architecture ${JSON.stringify(name)}, nearest ${JSON.stringify(nearest(name, knownArchitectures))}; ${known}`);
  const assembly = assemble(config as never);
  const quantization = quantizationOf(config);
  return quantization ? quantizedAssembly(assembly, quantization) : assembly;
}
