export { generate, type GenerateOptions, type Generation } from "./generate.ts";
export type { Prompt } from "./prompts.ts";
export type { End, Likely, Piece } from "./piece.ts";
export type { Rate, Rates } from "./meter.ts";
export { collect, type Generated } from "./collect.ts";
export type { Decoded, Decoder, Represented, Representing } from "./decoder.ts";
export { selectRows } from "./select-rows.ts";
// How tokens are chosen.
export type { ReadOption, Settings, Stop, Strategy } from "./strategy.ts";
export { sampling } from "./sampling.ts";
export { type BeamOptions, beamSearch } from "./beams/beam-search.ts";
export { type ContrastOptions, contrastiveSearch } from "./contrast/contrastive-search.ts";
export { speculative, type SpeculativeOptions } from "./speculation/speculative.ts";
export type { Draft, Drafter, DraftRow, DraftSettings, Guess } from "./speculation/drafter.ts";
export { draftModel } from "./speculation/draft-model.ts";
export { type LookupOptions, promptLookup } from "./speculation/prompt-lookup.ts";
export { acceptance, remainder } from "./speculation/verify.ts";
export { Reader, type ReaderOptions, type Scores, type States } from "./reader.ts";
export { Meter } from "./meter.ts";
export { guided, type GuidanceOptions, type GuidedState } from "./guided.ts";
// Stopping at text.
export { type TextMatcher, textMatcher } from "./text/text-matcher.ts";
export { stopStrings } from "./text/stop-strings.ts";
export { readText, type ReadTextOptions, type TextPiece, type TextStream } from "./text/read-text.ts";
// Only text of a form.
export { matching } from "./constraints/matching.ts";
export { jsonSchema, type JsonSchemaOptions } from "./constraints/json-schema.ts";
export type { ConstraintOptions } from "./constraints/constrained.ts";
export type { TokenBytes } from "./constraints/token-order.ts";
// Processors.
export type { Context, Processor, TokensOfRow } from "./processors/processor.ts";
export { greedy } from "./processors/greedy.ts";
export { temperature } from "./processors/temperature.ts";
export { topK } from "./processors/top-k.ts";
export { type KeepOptions, topP } from "./processors/top-p.ts";
export { minP } from "./processors/min-p.ts";
export { typical } from "./processors/typical.ts";
export { epsilonCutoff, etaCutoff, topH } from "./processors/cutoffs.ts";
export { frequencyPenalty, type FrequencyOptions, repetitionPenalty, type RepetitionOptions, sourceRepetition } from "./processors/repetition.ts";
export { noRepeatNgram, noSourceNgram } from "./processors/ngrams.ts";
export { badWords, type BiasedSequence, sequenceBias } from "./processors/sequences.ts";
export { endGrowsLikelier, forcedEnd, forcedStart, minLength, minNewTokens } from "./processors/lengths.ts";
export { suppress, suppressFirst, type Tokens } from "./processors/suppress.ts";
export { allowedTokens } from "./processors/allowed-tokens.ts";
export { repairLogits } from "./processors/repair-logits.ts";
export { drawByGumbel, drawToken } from "./draw.ts";
export { entropy, likeliest, logProbabilities, probabilities } from "./probabilities.ts";
export { GenerateError } from "./errors.ts";
