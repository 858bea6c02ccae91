import { onlyKnown, share, wholeNumber } from "../check.ts";
import type { Decoder } from "../decoder.ts";
import { GenerateError } from "../errors.ts";
import { reportOf } from "../logprobs.ts";
import type { Piece } from "../piece.ts";
import { probabilities } from "../probabilities.ts";
import { Reader, type Scores } from "../reader.ts";
import { append, applyProcessors, contextOf, noneLeft, type Row, rowsFor } from "../row.ts";
import type { Settings, Strategy } from "../strategy.ts";
import { Said } from "./said.ts";

/** How a token is weighed against what was said. */
export interface ContrastOptions {
  /** How many of the likeliest tokens are tried at each step. Default: 4. */
  readonly candidates?: number;
  /** How much likeness to what was said counts against likelihood, from 0 (the likeliest token is taken) to 1. Default: 0.6. */
  readonly penalty?: number;
}

/**
 * Contrastive search, Su et al. 2022, [arXiv 2202.06417](https://arxiv.org/abs/2202.06417): of the likeliest tokens the one with the highest
 * `(1 − penalty) · probability − penalty · likeness`, where likeness is the greatest cosine between its last hidden state and those of the text
 * before it, the prompt included. Nothing is drawn, and texts don't go round in circles as the likeliest tokens do.
 *
 * The candidates are read together, so a step is as wide as rows · candidates, and the decoder's rows must be selectable; it must also give
 * its hidden states (`representing`).
 *
 * @throws GenerateError for options that are unknown or out of range; when it runs, for a decoder that gives no hidden states.
 *
 * @example
 * ```ts
 * import { collect, contrastiveSearch, type Decoder, generate } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * const [text] = await collect(generate(decoder, [1, 2], { strategy: contrastiveSearch({ candidates: 5, penalty: 0.6 }), maxTokens: 50 }));
 * ```
 */
export function contrastiveSearch(options: ContrastOptions = {}): Strategy {
  const where = "contrastiveSearch";
  onlyKnown(where, options, ["candidates", "penalty"]);
  const { candidates = 4, penalty = 0.6 } = options;
  wholeNumber(where, "candidates", candidates, 1);
  share(where, "penalty", penalty);
  return {
    name: where,
    reads: ["sample", "logprobs"],
    instead: { seed: "nothing is drawn", samples: "nothing is drawn, so they would all be the same" },
    run: (decoder, prompts, settings) => {
      if (!decoder.representing)
        throw new GenerateError(
          `${where}: this decoder has no representing: { begin, step }, by which candidates are compared with what was said: the last hidden states beside the scores`,
        );
      return run(decoder, prompts, settings, { candidates, penalty });
    },
  };
}

/** A token that a row may say next. */
interface Candidate {
  readonly token: number;
  readonly probability: number;
}

async function* run<State>(
  decoder: Decoder<State>,
  prompts: readonly (readonly number[])[],
  settings: Settings,
  { candidates: most, penalty }: Required<ContrastOptions>,
): AsyncGenerator<Piece, void, undefined> {
  const reader = new Reader(decoder, { ...settings, represent: true });
  try {
    let scores = await reader.begin(prompts);
    if (!scores) return;
    // where each row's scores stand among those that were read
    let going = rowsFor(decoder, prompts).map((row, place) => ({ row, place, said: new Said() }));
    for (const { row, place, said } of going) for (let back = row.promptLength - 1; back >= 0; back--) said.add(reader.states(place, back));
    for (let now: Scores = scores; going.length > 0; now = scores) {
      const tried = going.map(({ row, place }) => candidatesOf(row, now(place), most, settings));
      reader.select(going.flatMap((_, index) => Array<number>((tried[index] as Tried).candidates.length).fill(index)));
      scores = await reader.step(tried.flatMap(({ candidates }) => candidates.map(({ token }) => token)));
      if (!scores) return;
      let place = 0;
      for (const [index, each] of going.entries()) {
        const { candidates, report } = tried[index] as Tried;
        const first = place;
        place += candidates.length;
        const weighed = candidates.map(({ probability }, at) => (1 - penalty) * probability - penalty * each.said.likeness(reader.states(first + at)));
        const best = weighed.indexOf(Math.max(...weighed));
        const { token } = candidates[best] as Candidate;
        each.place = first + best;
        each.said.add(reader.states(each.place));
        yield { ...append(each.row, token, settings), ...report(token) };
      }
      going = going.filter(({ row }) => !row.ended);
      if (going.length > 0) reader.select(going.map((each) => each.place));
    }
  } finally {
    reader.free();
  }
}

/** What a row tries, likeliest first, and what is reported of the one that is taken. */
interface Tried {
  readonly candidates: readonly Candidate[];
  readonly report: ReturnType<typeof reportOf>;
}

function candidatesOf(row: Row, logits: Float32Array, most: number, settings: Settings): Tried {
  const context = contextOf(row);
  const report = reportOf(logits, settings.logprobs);
  const chances = probabilities(applyProcessors(logits, context, settings.processors));
  const candidates = [...chances.keys()]
    .filter((token) => (chances[token] as number) > 0)
    .map((token) => ({ token, probability: chances[token] as number }))
    .sort((a, b) => b.probability - a.probability) // of equal ones the earlier comes first
    .slice(0, most);
  if (candidates.length === 0) throw noneLeft(context);
  return { candidates, report };
}
