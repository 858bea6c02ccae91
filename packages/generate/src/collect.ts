import type { End, Piece } from "./piece.ts";

/** All that a row got. */
export interface Generated {
  /** Its tokens, the one that ended it included. */
  readonly tokens: number[];
  /** Why it ended; undefined when it was left before. */
  end?: End;
  /** With `logprobs`: the log-probability of each token. */
  logprobs?: number[];
  /** Of a row found by search: its score. */
  score?: number;
}

/**
 * Waits for the whole result: the rows in the order of their prompts, each prompt's samples or beams together.
 *
 * @example
 * ```ts
 * import { collect, type Decoder, generate } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * const [first, second] = await collect(generate(decoder, [[1, 2], [3]], { maxTokens: 20, stop: 0 }));
 * ```
 */
export async function collect(pieces: AsyncIterable<Piece>): Promise<Generated[]> {
  const rows: Generated[] = [];
  for await (const { row, token, end, logprob, score } of pieces) {
    while (rows.length <= row) rows.push({ tokens: [] });
    const found = rows[row] as Generated;
    found.tokens.push(token);
    if (logprob !== undefined) {
      found.logprobs ??= [];
      found.logprobs.push(logprob);
    }
    if (score !== undefined) found.score = score;
    if (end) found.end = end;
  }
  return rows;
}
