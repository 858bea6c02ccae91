import { random } from "@ashlar/tensor";
import type { Decoder } from "../decoder.ts";
import { drawToken, uniformOf } from "../draw.ts";
import { GenerateError } from "../errors.ts";
import { likeliest, probabilities } from "../probabilities.ts";
import { Reader, type Scores } from "../reader.ts";
import { applyProcessors, contextOf } from "../row.ts";
import type { Draft, Drafter, DraftRow, DraftSettings, Guess } from "./drafter.ts";

/**
 * Guesses with a smaller model of the same vocabulary, through the same processors. Its decoder must be able to `rewind`.
 *
 * @throws GenerateError for a decoder that can't.
 *
 * @example
 * ```ts
 * import { type Decoder, draftModel, generate, speculative, temperature } from "@ashlar/generate";
 * declare const large: Decoder<unknown>, small: Decoder<unknown>;
 * const run = generate(large, [1, 2], { strategy: speculative(draftModel(small)), sample: [temperature(0.8)], seed: 7, maxTokens: 100 });
 * ```
 */
export function draftModel<State>(decoder: Decoder<State>): Drafter {
  if (!decoder.rewind) throw new GenerateError("draftModel: this decoder has no rewind(…), by which guesses are taken back");
  return { name: "draftModel", begin: (prompts, settings) => begin(decoder, prompts, settings) };
}

function begin<State>(decoder: Decoder<State>, prompts: readonly (readonly number[])[], settings: DraftSettings): Draft {
  const reader = new Reader(decoder, settings);
  // how many generated tokens of each row have been read; undefined before the prompts
  let read: number | undefined;

  /** Reads what it has not: the scores after the last token of each row. */
  async function catchUp(rows: readonly DraftRow[]): Promise<Scores | undefined> {
    const generated = Math.max(...rows.map(({ ids, promptLength }) => ids.length - promptLength));
    let scores: Scores | undefined;
    if (read === undefined) {
      scores = await reader.begin(prompts);
      read = 0;
      if (!scores) return undefined;
    } else if (read >= generated) {
      // all but the last token were guessed and kept, or they were not: these are taken back
      reader.rewind(read - (generated - 1));
      read = generated - 1;
    }
    for (; read < generated; read++) {
      const place = read;
      // a row that has ended is fed on
      scores = await reader.step(rows.map(({ ids, promptLength }) => ids[promptLength + place] ?? (ids.at(-1) as number)));
      if (!scores) return undefined;
    }
    return scores;
  }

  return {
    async propose(rows, count) {
      const guesses: Guess[][] = rows.map(() => []);
      let scores = await catchUp(rows);
      for (let made = 0; scores && made < count; made++) {
        for (const [index, row] of rows.entries()) {
          if (row.ended || (guesses[index] as Guess[]).length < made) continue;
          const guess = guessFor(row, guesses[index] as Guess[], scores(index), settings);
          if (guess) guesses[index]?.push(guess);
        }
        if (made === count - 1) return guesses;
        scores = await reader.step(rows.map(({ ids }, index) => (guesses[index] as Guess[])[made]?.token ?? (ids.at(-1) as number)));
        read = (read ?? 0) + 1;
      }
      return undefined;
    },
    free: () => reader.free(),
  };
}

/** What the draft says after a row and the guesses so far; undefined where its processors leave nothing. */
function guessFor({ row, ids, promptLength }: DraftRow, before: readonly Guess[], logits: Float32Array, settings: DraftSettings): Guess | undefined {
  const context = contextOf({ row, ids: [...ids, ...before.map(({ token }) => token)], promptLength });
  const scores = applyProcessors(logits, context, settings.processors);
  if (settings.processors.length === 0) return { token: likeliest(scores) };
  const token = drawToken(scores, uniformOf(random(settings.seed).split(row).split(context.step).split("draft")));
  return token < 0 ? undefined : { token, probabilities: probabilities(scores) };
}
