import type { Decoder } from "./decoder.ts";
import { reportOf } from "./logprobs.ts";
import type { Piece } from "./piece.ts";
import { Reader } from "./reader.ts";
import { append, applyProcessors, chooseToken, contextOf, rowsFor } from "./row.ts";
import type { Settings, Strategy } from "./strategy.ts";

/** The strategy that runs when none is given: each row's next token is the likeliest, or drawn from what the processors leave. */
export const sampling: Strategy = { name: "sampling", reads: ["sample", "seed", "samples", "logprobs"], run };

async function* run<State>(decoder: Decoder<State>, prompts: readonly (readonly number[])[], settings: Settings): AsyncGenerator<Piece, void, undefined> {
  const { samples, processors, logprobs } = settings;
  const rows = rowsFor(decoder, prompts, samples);
  // what an ended row is fed while others go on doesn't matter: its scores are not looked at
  const tokens = rows.map(() => 0);
  const reader = new Reader(decoder, settings);
  try {
    let scores = await reader.begin(prompts);
    for (let shared = samples; scores; shared = 1) {
      for (const row of rows) {
        if (row.ended) continue;
        const logits = scores(Math.floor(row.row / shared));
        const report = reportOf(logits, logprobs);
        const context = contextOf(row);
        const token = chooseToken(applyProcessors(logits, context, processors), context, settings);
        const piece = append(row, token, settings);
        tokens[row.row] = token;
        yield { ...piece, ...report(token) };
      }
      if (rows.every(({ ended }) => ended)) return;
      if (shared > 1) reader.select(rows.map(({ row }) => Math.floor(row / shared)));
      scores = await reader.step(tokens);
    }
  } finally {
    reader.free();
  }
}
