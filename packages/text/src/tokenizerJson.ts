/** A token that is looked for in the text before everything else. */
export interface AddedToken {
  /** Its id. */
  readonly id: number;
  /** How it is written. */
  readonly content: string;
  /** Found only as a whole word. */
  readonly single_word: boolean;
  /** Takes the white space before it along. */
  readonly lstrip: boolean;
  /** Takes the white space after it along. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text. */
  readonly normalized: boolean;
  /** Left out when decoding. */
  readonly special: boolean;
}

/** One stage of a tokenizer: its type and settings. */
export interface Stage {
  /** Which stage. */
  readonly type?: string;
  /** Its settings. */
  readonly [setting: string]: unknown;
}

/** The contents of a `tokenizer.json`: the stages that a text goes through. */
export interface TokenizerJSON {
  /** The version of the format. */
  readonly version: string;
  /** How long texts are cut; not applied here. */
  readonly truncation: Stage | null;
  /** How short texts are filled up; not applied here. */
  readonly padding: Stage | null;
  /** Tokens that are looked for in the text first. */
  readonly added_tokens: readonly AddedToken[];
  /** Changes to the text: Unicode forms, case. */
  readonly normalizer: Stage | null;
  /** How the text is cut into words. */
  readonly pre_tokenizer: Stage | null;
  /** What is put around the ids. */
  readonly post_processor: Stage | null;
  /** How tokens become text. */
  readonly decoder: Stage | null;
  /** How words become tokens, and the vocabulary. */
  readonly model: Stage;
}

/** The contents of a `tokenizer_config.json`, as far as it matters here: special tokens by role. */
export interface TokenizerConfig {
  /** All else that the file says. */
  readonly [key: string]: unknown;
}
