// What examples are.
export type { EncoderDecoderExample, Example } from "./example.ts";
export type { Tokens } from "./tokens.ts";
export { DataError } from "./errors.ts";

// Objectives: token ids to examples.
export { type NextTokenOptions, nextToken } from "./objectives/nextToken.ts";
export { type PrefixLanguageModelOptions, prefixLanguageModel } from "./objectives/prefixLanguageModel.ts";
export { type MaskedLanguageModelOptions, maskedLanguageModel } from "./objectives/maskedLanguageModel.ts";
export { type SequenceToSequenceOptions, sequenceToSequence } from "./objectives/sequenceToSequence.ts";
export { type SpanCorruptionOptions, spanCorruption } from "./objectives/spanCorruption.ts";
export { type SpanCorruptionLengths, type SpanCorruptionLengthsOptions, spanCorruptionLengths } from "./objectives/spanCorruptionLengths.ts";
export { type IndependentDenoisingOptions, independentDenoising } from "./objectives/independentDenoising.ts";
export { type DenoiseOptions, denoise } from "./objectives/denoise.ts";
export { type FillInTheMiddleOptions, fillInTheMiddle } from "./objectives/fillInTheMiddle.ts";
export {
  antitheticTimes,
  cosineSchedule,
  type DiffusionSchedule,
  linearSchedule,
  logLinearSchedule,
  type MaskedDiffusionOptions,
  maskedDiffusion,
} from "./objectives/maskedDiffusion.ts";

// The parts of a denoising objective: which tokens are noise …
export type { Noise, NoiseOptions } from "./noise/noise.ts";
export { independentNoise } from "./noise/independent.ts";
export { maskFromSpans, type SpanCounts, type SpanNoiseOptions, spanCounts, spanNoise } from "./noise/span.ts";
export { type RegularNoiseOptions, regularNoise } from "./noise/regular.ts";
export { prefixNoise, prefixRange, type SplitRange } from "./noise/prefix.ts";

// … and what becomes of them.
export type { Corruption } from "./corrupt/corruption.ts";
export { complement } from "./corrupt/complement.ts";
export { dropNoise, keepAll } from "./corrupt/drop.ts";
export { type SentinelOptions, spansToMask, spansToSentinels } from "./corrupt/sentinels.ts";
export { type ReplaceOptions, replaceTokens, tokensToMask } from "./corrupt/replace.ts";
export { permuteNoise } from "./corrupt/permute.ts";

// Shifts.
export { type ShiftLeftOptions, type ShiftRightOptions, shiftLeft, shiftRight } from "./shift.ts";

// Documents into rows.
export { type PackedRow, type PackOptions, packDocuments } from "./pack/packDocuments.ts";
export { type ChunkOptions, concatAndChunk } from "./pack/concatAndChunk.ts";
export { type PackPrefixPairOptions, packPrefixPair } from "./pack/packPrefixPair.ts";

// Examples into batches.
export { type Batches, type BatchesOptions, type BatchesState, batches } from "./batch/batches.ts";
export { type Examples, prepare } from "./batch/examples.ts";
export { type Batch, type Field, type Fields, type PadOptions, padBatch, type Rows } from "./batch/padBatch.ts";

// Random numbers.
export { type Randomness, type RandomStream, randomStream } from "./random.ts";
