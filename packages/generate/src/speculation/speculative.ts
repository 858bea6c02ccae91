import { random } from "@ashlar/tensor";
import { onlyKnown, wholeNumber } from "../check.ts";
import type { Decoder } from "../decoder.ts";
import { drawToken, uniformOf } from "../draw.ts";
import { GenerateError } from "../errors.ts";
import { reportOf } from "../logprobs.ts";
import type { Piece } from "../piece.ts";
import { likeliest, probabilities } from "../probabilities.ts";
import { Reader, type Scores } from "../reader.ts";
import { append, applyProcessors, chooseToken, contextOf, type Row, rowsFor } from "../row.ts";
import type { Settings, Strategy } from "../strategy.ts";
import type { Drafter, Guess } from "./drafter.ts";
import { acceptance, remainder } from "./verify.ts";

/** How far guesses go. */
export interface SpeculativeOptions {
  /** The most tokens that are guessed at a time. Default: 4. */
  readonly tokens?: number;
}

/**
 * Speculative decoding: a drafter guesses some tokens, the model reads them all in one step and keeps those that it would have said itself. What
 * comes out is distributed as without it: token for token the same where the likeliest is taken, and with guesses that are sure (`promptLookup`)
 * even for the same seed. The model's decoder must be able to `extend` and `rewind`.
 *
 * The rows of a batch advance together, by as many tokens as the one whose guesses fail first: it pays for few rows.
 *
 * @throws GenerateError for options that are unknown or out of range; when it runs, for a decoder that lacks `extend` or `rewind`, and a draft
 * of another vocabulary.
 *
 * @example
 * ```ts
 * import { type Decoder, generate, promptLookup, speculative } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * for await (const { token } of generate(decoder, [5, 6, 7, 5], { strategy: speculative(promptLookup(), { tokens: 8 }), maxTokens: 50 })) console.log(token);
 * ```
 */
export function speculative(drafter: Drafter, options: SpeculativeOptions = {}): Strategy {
  onlyKnown("speculative", options, ["tokens"]);
  const { tokens = 4 } = options;
  wholeNumber("speculative", "tokens", tokens, 1);
  return {
    name: "speculative",
    reads: ["sample", "seed", "logprobs"],
    instead: { samples: "let the prompt stand several times in the batch" },
    run: (decoder, prompts, settings) => {
      for (const able of ["extend", "rewind"] as const)
        if (!decoder[able])
          throw new GenerateError(`speculative: this decoder has no ${able}(…), by which guesses are ${able === "extend" ? "checked" : "taken back"}`);
      return run(decoder, prompts, settings, drafter, tokens);
    },
  };
}

async function* run<State>(
  decoder: Decoder<State>,
  prompts: readonly (readonly number[])[],
  settings: Settings,
  drafter: Drafter,
  most: number,
): AsyncGenerator<Piece, void, undefined> {
  const rows = rowsFor(decoder, prompts);
  const reader = new Reader(decoder, settings);
  const draft = drafter.begin(prompts, settings);
  try {
    let scores = await reader.begin(prompts);
    let guesses: readonly (readonly Guess[])[] = [];
    let guessed = 0;
    while (scores) {
      // the scores after each guess, until one is not what a row says there
      let kept = 0;
      for (let position = 0, agree = true; agree && position <= guessed; position++) {
        for (const row of rows) {
          if (row.ended) continue;
          const guess = guesses[row.row]?.[position];
          const { token, report } = choose(row, scores, position, guess, settings);
          agree = agree && token === guess?.token;
          yield { ...append(row, token, settings), ...report(token) };
        }
        if (agree) kept++;
      }
      if (rows.every(({ ended }) => ended)) return;
      reader.rewind(guessed - Math.min(kept, guessed));
      // the last token of a row is never guessed: that many of the model's own come with a step
      const room = Math.max(...rows.map(({ ids, promptLength, ended }) => (ended ? 0 : settings.maxTokens - (ids.length - promptLength) - 1)));
      const proposed = room > 0 ? await draft.propose(rows, Math.min(most, room)) : [];
      if (!proposed) return;
      guesses = proposed;
      guessed = room > 0 ? Math.min(...rows.flatMap(({ row, ended }) => (ended ? [] : [guesses[row]?.length ?? 0]))) : 0;
      // what a row that has ended is fed doesn't matter
      const block = rows.map(({ ids, row }) => [ids.at(-1) as number, ...Array.from({ length: guessed }, (_, at) => guesses[row]?.[at]?.token ?? 0)]);
      scores = await reader.extend(block);
    }
  } finally {
    reader.free();
    draft.free();
  }
}

/** What a row says after some of its guesses. */
function choose(row: Row, scores: Scores, position: number, guess: Guess | undefined, settings: Settings) {
  const context = contextOf(row);
  const logits = scores(row.row, position);
  const report = reportOf(logits, settings.logprobs);
  applyProcessors(logits, context, settings.processors);
  const draft = guess?.probabilities;
  // a guess that is sure is kept when the token drawn here is the same: p of it, which is min(1, p / 1)
  if (!guess || !draft || likeliest(logits) < 0) return { token: chooseToken(logits, context, settings), report };
  const target = probabilities(logits);
  if (draft.length !== target.length)
    throw new GenerateError(`speculative: the draft scores ${draft.length} tokens and the model ${target.length}; they must share a vocabulary`);
  const source = random(settings.seed).split(context.row).split(context.step);
  if (uniformOf(source.split("keep")) < acceptance(target, draft, guess.token)) return { token: guess.token, report };
  return { token: drawToken(Float32Array.from(remainder(target, draft), Math.log), uniformOf(source)), report };
}
