import type { Decoder } from "./decoder.ts";
import type { Meter } from "./meter.ts";
import type { Piece } from "./piece.ts";
import type { Context, Processor } from "./processors/processor.ts";

/** Whether a row ends with the token that was just chosen; it is the last of the context's ids. */
export type Stop = (context: Context) => boolean;

/** The options of `generate`, checked, with their defaults. */
export interface Settings {
  /** What is done to the scores before a token is chosen. */
  readonly processors: readonly Processor[];
  /** Fixes what is drawn. */
  readonly seed: number;
  /** How many rows each prompt gives. */
  readonly samples: number;
  /** How many likely tokens are reported with each; undefined when nothing is. */
  readonly logprobs: number | undefined;
  /** The most tokens a row gets; Infinity when there is no limit. */
  readonly maxTokens: number;
  /** Whether a row ends. */
  readonly stop: Stop;
  /** How many token ids end a row. */
  readonly stopTokens: number;
  /** Ends all rows. */
  readonly signal: AbortSignal | undefined;
  /** Is told when the prompts have been read. */
  readonly meter: Meter;
}

/** The options of `generate` that not every strategy reads. */
export type ReadOption = "sample" | "seed" | "samples" | "logprobs";

/**
 * How tokens are chosen: a value for the option `strategy`. `sampling` is the one that runs when none is given; `beamSearch` and `speculative`
 * make others, and so can you, over a `Reader`.
 */
export interface Strategy {
  /** Its name, for messages. */
  readonly name: string;
  /** Which options it reads beside `maxTokens`, `stop` and `signal`; `generate` refuses the others rather than ignore them. */
  readonly reads: readonly ReadOption[];
  /** What to do instead of giving an option that it doesn't read, for messages. Default: leave it out. */
  readonly instead?: Readonly<Partial<Record<ReadOption, string>>>;
  /** Continues prompts, and frees all it made however it is left. */
  run<State>(decoder: Decoder<State>, prompts: readonly (readonly number[])[], settings: Settings): AsyncGenerator<Piece, void, undefined>;
}
