import type { Processor } from "../processors/processor.ts";

/** A guess at a token. */
export interface Guess {
  /** The token. */
  readonly token: number;
  /** The distribution [vocab] from which it was drawn; left out when it wasn't drawn, but sure. */
  readonly probabilities?: Float64Array;
}

/** A row whose continuation is guessed. */
export interface DraftRow {
  /** Its number. */
  readonly row: number;
  /** Its tokens, the prompt included; the decoder has not read the last one yet. */
  readonly ids: readonly number[];
  /** How many of them are the prompt. */
  readonly promptLength: number;
  /** Whether it is complete: its guesses don't matter. */
  readonly ended: boolean;
}

/** What a drafter needs to know of the run. */
export interface DraftSettings {
  /** The processors of the run; without any the likeliest token is taken. */
  readonly processors: readonly Processor[];
  /** The seed of the run. */
  readonly seed: number;
  /** Ends all. */
  readonly signal: AbortSignal | undefined;
}

/** A drafter at work on some prompts. */
export interface Draft {
  /** At most `count` guesses for each row; undefined once the signal has aborted. */
  propose(rows: readonly DraftRow[], count: number): Promise<readonly (readonly Guess[])[] | undefined>;
  /** Frees what it holds. */
  free(): void;
}

/** Something that guesses how a text goes on, cheaply: `draftModel`, `promptLookup` or your own. */
export interface Drafter {
  /** Its name, for messages. */
  readonly name: string;
  /** Takes up prompts. */
  begin(prompts: readonly (readonly number[])[], settings: DraftSettings): Draft;
}
