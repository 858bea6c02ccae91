import type { SpecialIds } from "./special.ts";
import type { TokenizerConfig, TokenizerJSON } from "./tokenizerJson.ts";

/** How a text becomes ids. */
export interface EncodeOptions {
  /** Add what the tokenizer's file puts around a text (`[CLS] … [SEP]`, `… </s>`). Default: true; those made here add nothing. */
  readonly addSpecialTokens?: boolean;
}

/** How ids become text. */
export interface DecodeOptions {
  /** Leave special tokens out. Default: true. */
  readonly skipSpecialTokens?: boolean;
}

/** Two texts as one, as encoders read a question and its context. */
export interface EncodedPair {
  /** The ids of both. */
  readonly ids: Int32Array;
  /** Which text each id belongs to, as the tokenizer's file says: mostly 0 and 1. */
  readonly types: Int32Array;
}

/** Text as it comes out of a running generation. */
export interface TextStream {
  /** Takes the next id and returns the text that is now certain: never half a character, so often "". */
  push(id: number): string;
  /** Returns what was held back; after it the stream is as new. */
  end(): string;
}

/** Text to ids and back. */
export interface Tokenizer {
  /** How many ids there are: the rows that an embedding needs. */
  readonly size: number;
  /** The ids of the special tokens, by role. */
  readonly special: SpecialIds;
  /** All special ids, sentinels among them: what masking must not choose. */
  readonly specialIds: readonly number[];
  /**
   * Text to ids. Special tokens written in the text become their ids, as with Hugging Face's tokenizers.
   * @throws TextError for a character that has no id where there is no unknown token.
   */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /** Two texts to ids, joined as the tokenizer's file says; those made here put nothing between. */
  encodePair(first: string, second: string, options?: EncodeOptions): EncodedPair;
  /** Ids to text; bytes that are no UTF-8 become "�". */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Decodes id by id: the pieces put together are `decode` of all. */
  stream(options?: DecodeOptions): TextStream;
  /** The token of an id, as the vocabulary writes it (`Ġthe`); undefined where there is none. */
  token(id: number): string | undefined;
  /** The id of a token, as the vocabulary writes it; undefined where there is none. */
  id(token: string): number | undefined;
  /** The UTF-8 bytes that an id stands for, special tokens' names included; undefined where the tokenizer changes texts, so that bytes have no one origin. */
  bytes(id: number): Uint8Array | undefined;
  /** The contents of `tokenizer.json`, which Hugging Face's tools open. */
  toJSON(): TokenizerJSON;
  /** The contents of `tokenizer_config.json`: the special tokens by role. */
  config(): TokenizerConfig;
}
