// What a tokenizer is.
export type { DecodeOptions, EncodedPair, EncodeOptions, TextStream, Tokenizer } from "./tokenizer.ts";
export type { SpecialIds, SpecialRole, SpecialTokens } from "./special.ts";
export { TextError } from "./errors.ts";

// Tokenizers made here.
export { type BytesOptions, bytes } from "./bytes.ts";
export { type TrainBPEOptions, trainBPE } from "./trainBPE.ts";
export { characters, type VocabularyOptions, words } from "./vocabulary.ts";

// Tokenizers from files, and to files.
export { loadTokenizer } from "./load.ts";
export { type TokenizerFiles, tokenizerFiles } from "./files.ts";
export type { AddedToken, Stage, TokenizerConfig, TokenizerJSON } from "./tokenizerJson.ts";

// Text and bytes.
export { type EncodedRanges, encodeWithRanges } from "./ranges.ts";
export { decodeUtf8 } from "./utf8.ts";
