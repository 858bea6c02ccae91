export { ModelsError } from "./errors.ts";
export type { Call } from "./call.ts";
export { type Body, type InputParts, inputs, type TokenReader, type TransformerParts, transformer } from "./transformer.ts";
export {
  type AnyLanguageModel,
  encoderOf,
  type LanguageModel,
  type LanguageModelHalves,
  type LanguageModelParts,
  languageModel,
} from "./language-model.ts";
export {
  type AnyEncoderDecoder,
  type EncoderDecoder,
  type EncoderDecoderHalves,
  type EncoderDecoderParts,
  encoderDecoder,
  type SequenceCall,
  sharedEncoderDecoder,
} from "./encoder-decoder.ts";
export { linearHead, tiedHead, type TransformedHeadParts, transformedHead, type VocabularyHead } from "./heads/head.ts";
export { firstPool, lastPool, meanPool, type Pool, tanhPool } from "./heads/pool.ts";
export { type ClassifierParts, type SpanLogits, sequenceClassifier, spanClassifier, tokenClassifier } from "./heads/classifiers.ts";
export { decoder, type DecoderOptions, type DecodingState, type LanguageModelDecoder } from "./decoding/decoder.ts";
export { type DecodingRecord, type SavedDecoding, saveDecoding } from "./decoding/saved.ts";
export { TokenHistory } from "./decoding/token-history.ts";
export { cacheBytes, type CacheSize } from "./decoding/cache-bytes.ts";
export { sequenceDecoder, type SequenceDecoderOptions, type SequenceState } from "./decoding/sequence-decoder.ts";
export type { Decoded, Represented, Representing, StepwiseDecoder } from "./decoding/stepwise.ts";
export { type Reach, type ReachOptions, reach } from "./looking/reach.ts";
export { type CheckedPass, checkObjective, type ObjectiveCheck, type ObjectiveReport } from "./looking/check-objective.ts";
export type { ObjectiveBatch, RowsOf, TargetPlace } from "./looking/objective.ts";
export { withParts } from "./with-parts.ts";
export { type AnyAssembly, assemblyOf, knownArchitectures } from "./families/assembly-of.ts";
export { type QuantizableAssembly, type Quantization, type QuantizedAssembly, quantizedAssembly } from "./families/quantized-assembly.ts";
export type { Assembly } from "./families/assembly.ts";
export type { PretrainedConfig } from "./families/config.ts";
export { type Gpt2Config, gpt2LanguageModel } from "./families/gpt2.ts";
export { type LlamaConfig, llamaLanguageModel, mistralLanguageModel, qwen2LanguageModel, qwen3LanguageModel } from "./families/llama.ts";
export type { RopeConfig, RopeParameters } from "./families/rope.ts";
export {
  type BertConfig,
  bertEncoder,
  bertMaskedLanguageModel,
  bertSequenceClassifier,
  bertSpanClassifier,
  bertTokenClassifier,
} from "./families/bert.ts";
export { type SequenceAssembly, type T5Config, t5EncoderDecoder } from "./families/t5.ts";
export { type AnyModel, describe, type RunDescription, type RunSizes } from "./memory/describe.ts";
export { checkMemory, type MemoryCheck } from "./memory/check-memory.ts";
export { withCheckpoints } from "./memory/with-checkpoints.ts";
