/** Where decoding stands in a row when its next token is chosen. */
export interface Context {
  /** Which row of the batch, from 0. */
  readonly row: number;
  /** The tokens so far: the prompt (what the decoder starts with, where prompts are sources) and what was generated. */
  readonly ids: readonly number[];
  /** How many of them are the prompt. */
  readonly promptLength: number;
  /** How many tokens of the row were generated before. */
  readonly step: number;
}

/** Changes the scores of the next token, in place: −Infinity takes a token away. Processors run one after the other, each on what is left. */
export type Processor = (logits: Float32Array, context: Context) => void;

/** Token ids, the same for all rows or by row. */
export type TokensOfRow = readonly number[] | ((row: number) => readonly number[]);

/** The token ids of a row. */
export function tokensOf(tokens: TokensOfRow, row: number): readonly number[] {
  return typeof tokens === "function" ? tokens(row) : tokens;
}

/** Takes away every token for which `removed` holds. */
export function remove(logits: Float32Array, removed: (logit: number, token: number) => boolean): void {
  for (let token = 0; token < logits.length; token++) if (removed(logits[token] as number, token)) logits[token] = Number.NEGATIVE_INFINITY;
}
