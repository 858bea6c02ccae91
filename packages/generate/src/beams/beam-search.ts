import { finite, onlyKnown, positive, wholeNumber } from "../check.ts";
import type { Decoder } from "../decoder.ts";
import { GenerateError } from "../errors.ts";
import type { Piece } from "../piece.ts";
import type { Processor } from "../processors/processor.ts";
import { Reader } from "../reader.ts";
import type { Settings, Strategy } from "../strategy.ts";
import { Search } from "./search.ts";

/** How beams are searched. */
export interface BeamOptions {
  /** How many sequences are kept at each step. */
  readonly beams: number;
  /** How many of the best are given for each prompt, as rows of their own, best first. Default: 1. */
  readonly keep?: number;
  /** The power of the length by which a sum of log-probabilities is divided: above 0 it favours long sequences, below 0 short ones. Default: 1. */
  readonly lengthPenalty?: number;
  /**
   * When a prompt is done: `true` as soon as as many as there are beams have ended; `false` when the best that goes on, at its present length,
   * is no better than the worst of those, a guess; `"never"` when nothing better can come. Default: false.
   */
  readonly earlyStopping?: boolean | "never";
  /** Into how many groups the beams are divided, each shunning what the ones before it say. Default: 1. */
  readonly groups?: number;
  /** What a token loses for each beam of an earlier group that says it at the same step; above 0, with groups only. */
  readonly diversity?: number;
  /** What is done to the log-probabilities before they are added up: penalties, constraints. They are not normalised afterwards. Default: none. */
  readonly processors?: readonly Processor[];
}

/**
 * Beam search: at each step the likeliest sequences are kept, and the best that end are given with their scores, as by Hugging Face's
 * `generate`. In groups it is diverse beam search, Vijayakumar et al. 2016, [arXiv 1610.02424](https://arxiv.org/abs/1610.02424).
 *
 * The beams of a prompt share its reading, so the decoder's rows must be selectable. With `keep: 1` the tokens on which all sequences agree are
 * given at once, those of a prompt with more results when it is done.
 *
 * @throws GenerateError for options that are unknown, out of range or contradict each other.
 *
 * @example
 * ```ts
 * import { beamSearch, collect, type Decoder, generate } from "@ashlar/generate";
 * declare const decoder: Decoder<unknown>;
 * const [best, second] = await collect(generate(decoder, [1, 2], { strategy: beamSearch({ beams: 4, keep: 2 }), maxTokens: 20, stop: 0 }));
 * ```
 */
export function beamSearch(options: BeamOptions): Strategy {
  const where = "beamSearch";
  onlyKnown(where, options, ["beams", "keep", "lengthPenalty", "earlyStopping", "groups", "diversity", "processors"]);
  const { beams, keep = 1, lengthPenalty = 1, earlyStopping = false, groups = 1, diversity, processors = [] } = options;
  wholeNumber(where, "beams", beams, 1);
  wholeNumber(where, "keep", keep, 1);
  wholeNumber(where, "groups", groups, 1);
  finite(where, "lengthPenalty", lengthPenalty);
  if (keep > beams) throw new GenerateError(`${where}: ${beams} beams can't give ${keep} results; let keep be at most beams`);
  if (earlyStopping !== true && earlyStopping !== false && earlyStopping !== "never")
    throw new GenerateError(`${where}: earlyStopping must be true, false or "never", got ${JSON.stringify(earlyStopping)}`);
  if (beams % groups !== 0)
    throw new GenerateError(`${where}: ${beams} beams don't divide into ${groups} groups of one size; let beams be a multiple of groups`);
  if (groups > 1 && diversity === undefined) throw new GenerateError(`${where}: ${groups} groups would all find the same; give diversity, a number above 0`);
  if (groups === 1 && diversity !== undefined) throw new GenerateError(`${where}: diversity has no effect in one group; give groups too, or leave it out`);
  if (diversity !== undefined) positive(where, "diversity", diversity);
  const plan = { beams, keep, lengthPenalty, earlyStopping, groups, diversity: diversity ?? 0, processors };
  return {
    name: where,
    reads: [],
    instead: {
      sample: "nothing is drawn, and what changes scores goes into beamSearch({ processors })",
      seed: "nothing is drawn",
      samples: "several results come with beamSearch({ keep })",
      logprobs: "each result comes with its score",
    },
    run: (decoder, prompts, settings) => {
      if (earlyStopping === "never" && lengthPenalty > 0 && !Number.isFinite(settings.maxTokens))
        throw new GenerateError(`${where}: with a lengthPenalty above 0 and earlyStopping "never" something better may always come; give maxTokens`);
      return run(decoder, prompts, settings, plan);
    },
  };
}

async function* run<State>(
  decoder: Decoder<State>,
  prompts: readonly (readonly number[])[],
  settings: Settings,
  plan: Required<BeamOptions>,
): AsyncGenerator<Piece, void, undefined> {
  const searches = prompts.map((prompt, row) => new Search(row, decoder.start ?? prompt, plan, settings));
  const reader = new Reader(decoder, settings);
  try {
    let scores = await reader.begin(prompts);
    while (scores) {
      for (const search of searches) {
        if (search.done) continue;
        search.advance(scores);
        yield* search.pieces();
      }
      // the batch is what goes on, and nothing else
      const running = searches.flatMap((search) => search.running);
      if (running.length === 0) return;
      reader.select(running.map(({ place }) => place));
      for (const [place, beam] of running.entries()) beam.place = place;
      scores = await reader.step(running.map(({ ids }) => ids.at(-1) as number));
    }
  } finally {
    reader.free();
  }
}
