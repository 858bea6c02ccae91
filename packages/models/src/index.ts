export type { Call } from "./call.ts";
export { type Body, type InputParts, inputs, type TransformerParts, transformer } from "./transformer.ts";
export { encoderOf, type LanguageModel, type LanguageModelParts, type LanguageModelShape, languageModel, type TokenScorer } from "./language-model.ts";
export {
  type EncoderDecoderParts,
  type EncoderDecoderShape,
  encoderDecoder,
  type SequenceCall,
  sharedEncoderDecoder,
} from "./encoder-decoder.ts";
export { linearHead, tiedHead, transformedHead, type VocabularyHead } from "./heads/head.ts";
export { firstPool, lastPool, meanPool, type Pool, tanhPool } from "./heads/pool.ts";
export { type ClassifierParts, type SpanLogits, sequenceClassifier, spanClassifier, tokenClassifier } from "./heads/classifiers.ts";
export { type Decoded, type DecoderOptions, type DecodingState, decoder, type StepwiseDecoder } from "./decoding/decoder.ts";
export { type SequenceState, sequenceDecoder } from "./decoding/sequence-decoder.ts";
