import type { Tokenizer } from "./tokenizer.ts";

/** The files that a tokenizer is saved as, by name: lay them beside a checkpoint and Hugging Face's tools open them. */
export interface TokenizerFiles {
  /** The tokenizer itself. */
  readonly "tokenizer.json": string;
  /** Its special tokens by role. */
  readonly "tokenizer_config.json": string;
}

/**
 * What to write so that a tokenizer can be opened again, here with `loadTokenizer` or in Python with
 * `AutoTokenizer.from_pretrained(folder)`.
 * @example
 * for (const [name, content] of Object.entries(tokenizerFiles(tokenizer))) await writeFile(join(folder, name), content);
 */
export function tokenizerFiles(tokenizer: Tokenizer): TokenizerFiles {
  return {
    "tokenizer.json": `${JSON.stringify(tokenizer.toJSON(), null, 1)}\n`,
    "tokenizer_config.json": `${JSON.stringify(tokenizer.config(), null, 2)}\n`,
  };
}
