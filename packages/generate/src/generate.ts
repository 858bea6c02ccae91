import { onlyKnown, someTokens, wholeNumber } from "./check.ts";
import type { Decoder } from "./decoder.ts";
import { GenerateError } from "./errors.ts";
import { Meter, type Rates } from "./meter.ts";
import type { Piece } from "./piece.ts";
import type { Processor } from "./processors/processor.ts";
import { batchOf, type Prompt } from "./prompts.ts";
import { sampling } from "./sampling.ts";
import type { ReadOption, Settings, Stop, Strategy } from "./strategy.ts";

/** How text is continued. */
export interface GenerateOptions {
  /**
   * What is done to the scores before a token is drawn from them, in order: penalties, `temperature`, then `topK`, `topP`, `minP`. Left out or
   * empty, the likeliest token is taken; `[temperature(1)]` draws from the model's own distribution.
   */
  readonly sample?: readonly Processor[];
  /** Fixes what is drawn. A row's random numbers depend on the seed, its number and its step alone. Default: 0. */
  readonly seed?: number;
  /**
   * How many rows each prompt gives, which share its reading: the same pieces as if each prompt stood so many times in the batch. Above 1 the
   * decoder's rows must be selectable. Default: 1.
   */
  readonly samples?: number;
  /** Reports with each token its log-probability, and this many of the likeliest (0: its own alone). Default: nothing is reported. */
  readonly logprobs?: number;
  /** The most tokens a row gets beyond its prompt. Default: no limit. */
  readonly maxTokens?: number;
  /** The tokens that end a row, a function that tells, or a list of both. The token that ends it is still given. */
  readonly stop?: number | Stop | readonly (number | Stop)[];
  /** Ends all rows before the next token, as `break` does. */
  readonly signal?: AbortSignal;
  /** How tokens are chosen: `beamSearch(…)`, `speculative(…)` or one of your own. Default: `sampling`. */
  readonly strategy?: Strategy;
}

/** A run of `generate`: pieces to iterate, once. */
export interface Generation extends AsyncGenerator<Piece, void, undefined> {
  /** How fast it was until now, in tokens a second. */
  rates(): Rates;
}

const options = ["sample", "seed", "samples", "logprobs", "maxTokens", "stop", "signal", "strategy"] as const;

/**
 * Continues prompts token by token. It knows nothing about text: token ids go in, pieces come out, each row's in order, until every row has
 * ended. Memory is freed step by step; `break` and `signal` end it at any token, quietly, and leave nothing behind.
 *
 * One prompt is an array of ids, a batch an array of such arrays. In a batch each row ends on its own.
 *
 * @throws GenerateError for options that are unknown, out of range or contradict each other, for prompts without tokens, and when a model
 * gives scores that are no numbers, processors leave no token or a decoder lacks what the strategy needs.
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
export function generate<State>(decoder: Decoder<State>, prompts: Prompt | readonly Prompt[], given: GenerateOptions): Generation {
  onlyKnown("generate", given, options);
  const { sample = [], seed, samples = 1, logprobs, maxTokens, stop, signal, strategy = sampling } = given;
  suits(strategy, given);
  if (maxTokens !== undefined) wholeNumber("generate", "maxTokens", maxTokens, 1);
  if (seed !== undefined) wholeNumber("generate", "seed", seed);
  if (logprobs !== undefined) wholeNumber("generate", "logprobs", logprobs);
  wholeNumber("generate", "samples", samples, 1);
  if (sample.length === 0 && (seed !== undefined || samples > 1))
    throw new GenerateError(
      `generate: ${seed === undefined ? `${samples} samples are all the same` : "a seed changes nothing"} while the likeliest token is taken; leave it out, or sample: [temperature(1)]`,
    );
  if (maxTokens === undefined && stop === undefined && signal === undefined)
    throw new GenerateError("generate: nothing would end it; give maxTokens, stop or signal");
  const batch = batchOf(prompts);
  const meter = new Meter(batch.reduce((sum, prompt) => sum + prompt.length, 0));
  const ending = stop === undefined ? { stop: () => false, stopTokens: 0 } : endingOf(stop);
  const limits = { maxTokens: maxTokens ?? Number.POSITIVE_INFINITY, ...ending, signal, meter };
  const settings: Settings = { processors: sample, seed: seed ?? 0, samples, logprobs, ...limits };
  return Object.assign(measured(strategy.run(decoder, batch, settings), meter), { rates: () => meter.rates() });
}

/** Throws when an option is given that the strategy doesn't read. */
function suits({ name, reads, instead }: Strategy, given: GenerateOptions): void {
  const some: readonly ReadOption[] = ["sample", "seed", "samples", "logprobs"];
  for (const option of some)
    if (given[option] !== undefined && !reads.includes(option))
      throw new GenerateError(`generate: ${name} has no use for "${option}"; ${instead?.[option] ?? "leave it out"}`);
}

function endingOf(stop: number | Stop | readonly (number | Stop)[]): Pick<Settings, "stop" | "stopTokens"> {
  const parts = typeof stop === "object" ? stop : [stop];
  const functions = parts.filter((part) => typeof part === "function");
  const tokens = parts.filter((part) => typeof part !== "function");
  const ends = new Set(functions.length > 0 && tokens.length === 0 ? [] : someTokens("generate", "stop", tokens));
  return { stop: (context) => ends.has(context.ids.at(-1) as number) || functions.some((part) => part(context)), stopTokens: ends.size };
}

async function* measured(run: AsyncGenerator<Piece, void, undefined>, meter: Meter): AsyncGenerator<Piece, void, undefined> {
  meter.enter();
  try {
    for await (const piece of run) {
      meter.gave(piece.step);
      meter.leave();
      yield piece;
      meter.enter();
    }
  } finally {
    meter.leave();
  }
}
