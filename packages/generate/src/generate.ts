import { random, scoped, type Tensor, tensors } from "@ashlar/tensor";
import { onlyKnown, someTokens, wholeNumber } from "./check.ts";
import type { Decoded, Decoder } from "./decoder.ts";
import { drawToken, uniformOf } from "./draw.ts";
import { GenerateError } from "./errors.ts";
import { likeliest } from "./probabilities.ts";
import type { Context, Processor } from "./processors/processor.ts";
import { turns } from "./turn.ts";

/** Token ids of one prompt. */
export type Prompt = readonly number[] | Int32Array | Uint32Array;

/** Whether a row ends with the token that was just chosen; it is the last of the context's ids. */
export type Stop = (context: Context) => boolean;

/** How text is continued. */
export interface GenerateOptions {
  /**
   * What is done to the scores before a token is drawn from them, in order: penalties, `temperature`, then `topK`, `topP`, `minP`. Left out or
   * empty, the likeliest token is taken; `[temperature(1)]` draws from the model's own distribution.
   */
  readonly sample?: readonly Processor[];
  /** Fixes what is drawn. A row's random numbers depend on the seed, its number and its step alone. Default: 0. */
  readonly seed?: number;
  /** The most tokens a row gets beyond its prompt. Default: no limit. */
  readonly maxTokens?: number;
  /** The tokens that end a row, or a function that tells. The token that ends it is still given. */
  readonly stop?: number | readonly number[] | Stop;
  /** Ends all rows before the next token, as `break` does. */
  readonly signal?: AbortSignal;
}

/** Why a row ended. */
export type End = "stop" | "length";

/** One token of one row. */
export interface Piece {
  /** Which prompt it continues, from 0. */
  readonly row: number;
  /** How many tokens its row got before it. */
  readonly step: number;
  /** The token. */
  readonly token: number;
  /** Why the row ends with it; undefined while it goes on. */
  readonly end?: End;
}

interface Row {
  readonly row: number;
  readonly ids: number[];
  readonly promptLength: number;
  ended: boolean;
}

interface Settings {
  readonly processors: readonly Processor[];
  readonly seed: number;
  readonly maxTokens: number;
  readonly stops: Stop;
  readonly signal: AbortSignal | undefined;
}

/**
 * Continues prompts token by token. It knows nothing about text: token ids go in, pieces come out, each row's in order, until every row has
 * ended. Memory is freed step by step; `break` and `signal` end it at any token, quietly, and leave nothing behind.
 *
 * One prompt is an array of ids, a batch an array of such arrays. In a batch each row ends on its own.
 *
 * @throws GenerateError for options that are unknown, out of range or contradict each other, for prompts without tokens, and when a model
 * gives scores that are no numbers or processors leave no token.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { tensor } from "@ashlar/tensor";
 * import { type Decoder, generate } from "@ashlar/generate";
 * const device = reference();
 * // counts up: after n comes n + 1
 * const scores = (ids: readonly number[]) => tensor(ids.map((id) => [0, 1, 2, 3, 4, 5].map((next) => (next === id + 1 ? 1 : 0))), { device });
 * const counting: Decoder<null> = {
 *   begin: (prompts) => ({ logits: scores(prompts.map((prompt) => prompt.at(-1)!)), state: null }),
 *   step: (tokens) => ({ logits: scores(tokens), state: null }),
 * };
 * for await (const { token } of generate(counting, [0, 1], { maxTokens: 8, stop: 5 })) console.log(token); // 2, 3, 4, 5
 * ```
 */
export function generate<State>(
  decoder: Decoder<State>,
  prompts: Prompt | readonly Prompt[],
  options: GenerateOptions,
): AsyncGenerator<Piece, void, undefined> {
  onlyKnown("generate", options, ["sample", "seed", "maxTokens", "stop", "signal"]);
  const { sample: processors = [], seed, maxTokens, stop, signal } = options;
  if (maxTokens !== undefined) wholeNumber("generate", "maxTokens", maxTokens, 1);
  if (seed !== undefined) wholeNumber("generate", "seed", seed);
  if (seed !== undefined && processors.length === 0)
    throw new GenerateError("generate: a seed changes nothing while the likeliest token is taken; leave it out, or sample: [temperature(1)]");
  if (maxTokens === undefined && stop === undefined && signal === undefined)
    throw new GenerateError("generate: nothing would end it; give maxTokens, stop or signal");
  const ends = typeof stop === "function" || stop === undefined ? undefined : new Set(someTokens("generate", "stop", stop));
  const stops: Stop = typeof stop === "function" ? stop : ({ ids }) => ends?.has(ids.at(-1) as number) ?? false;
  const rows = rowsOf(prompts);
  return run(decoder, rows, { processors, seed: seed ?? 0, maxTokens: maxTokens ?? Number.POSITIVE_INFINITY, stops, signal });
}

function rowsOf(prompts: Prompt | readonly Prompt[]): number[][] {
  const batch = isBatch(prompts) ? prompts : [prompts];
  return batch.map((prompt, row) => someTokens("generate", batch.length === 1 ? "the prompt" : `the prompt of row ${row}`, prompt));
}

function isBatch(prompts: Prompt | readonly Prompt[]): prompts is readonly Prompt[] {
  return prompts.length > 0 && typeof prompts[0] !== "number";
}

async function* run<State>(decoder: Decoder<State>, prompts: readonly (readonly number[])[], settings: Settings): AsyncGenerator<Piece, void, undefined> {
  const rows = prompts.map((prompt, row): Row => {
    const ids = [...(decoder.start ?? prompt)];
    return { row, ids, promptLength: ids.length, ended: false };
  });
  // what an ended row is fed while others go on: its scores are not looked at
  const tokens = prompts.map((prompt) => prompt.at(-1) as number);
  const take = turns();
  let decoded: Decoded<State> | undefined;
  try {
    for (;;) {
      await take();
      if (settings.signal?.aborted) return;
      const before: Decoded<State> | undefined = decoded;
      decoded = scoped(() => (before ? decoder.step(tokens, before.state) : decoder.begin(prompts)));
      release(before, decoded);
      const scores = await read(decoded.logits, rows.length);
      if (settings.signal?.aborted) return;
      for (const row of rows) {
        if (row.ended) continue;
        const piece = choose(row, scores(row.row), settings);
        tokens[row.row] = piece.token;
        yield piece;
      }
      if (rows.every(({ ended }) => ended)) return;
    }
  } finally {
    release(decoded, null);
  }
}

/** The scores of each row, on the host. */
async function read(logits: Tensor, rows: number): Promise<(row: number) => Float32Array> {
  const { shape, dtype } = logits;
  if (shape.length !== 2 || shape[0] !== rows || dtype !== "float32")
    throw new GenerateError(`generate: expected float32 logits [${rows}, vocab] from the decoder, got ${logits}`);
  const data = (await logits.data()) as Float32Array;
  const vocab = shape[1] as number;
  return (row) => data.slice(row * vocab, (row + 1) * vocab);
}

/** Chooses the next token of a row and notes it. */
function choose(row: Row, logits: Float32Array, { processors, seed, maxTokens, stops }: Settings): Piece {
  const { ids, promptLength } = row;
  const step = ids.length - promptLength;
  const context: Context = { row: row.row, ids, promptLength, step };
  for (const processor of processors) processor(logits, context);
  if (logits.some(Number.isNaN)) throw new GenerateError(`generate: the model's scores for row ${row.row} at step ${step} hold NaN; are its parameters sound?`);
  const token = processors.length === 0 ? likeliest(logits) : drawToken(logits, uniformOf(random(seed).split(row.row).split(step)));
  if (token < 0) throw new GenerateError(`generate: no token is left for row ${row.row} at step ${step}; every one was taken away by the processors`);
  ids.push(token);
  const end: End | undefined = stops(context) ? "stop" : step + 1 >= maxTokens ? "length" : undefined;
  row.ended = end !== undefined;
  return { row: row.row, step, token, ...(end && { end }) };
}

/** Frees the memory of a step that the next one doesn't need. */
function release(decoded: Decoded<unknown> | undefined, keep: Decoded<unknown> | null): void {
  const kept = new Set(tensors(keep).map(({ storage }) => storage));
  for (const { storage } of tensors(decoded)) if (!kept.has(storage)) storage.free("a step of generate");
}
