import type { Piece } from "../piece.ts";
import { logProbabilities } from "../probabilities.ts";
import type { Scores } from "../reader.ts";
import { applyProcessors, contextOf, endOf, noneLeft } from "../row.ts";
import type { Settings } from "../strategy.ts";
import type { BeamOptions } from "./beam-search.ts";
import { type Beam, type Ended, Group, type SearchRules } from "./group.ts";

/** The search for the continuation of one prompt. */
export class Search {
  readonly #row: number;
  readonly #promptLength: number;
  readonly #plan: Required<BeamOptions>;
  readonly #rules: SearchRules;
  readonly #groups: readonly Group[];
  /** How many tokens a sequence has by now beyond its prompt. */
  #length = 0;
  /** How many of them have been given. */
  #given = 0;

  /** A search for the prompt of a row of the decoder's batch. */
  constructor(row: number, prompt: readonly number[], plan: Required<BeamOptions>, settings: Settings) {
    const size = plan.beams / plan.groups;
    this.#row = row;
    this.#promptLength = prompt.length;
    this.#plan = plan;
    this.#groups = Array.from({ length: plan.groups }, () => new Group({ ids: prompt, sum: 0, place: row }));
    this.#rules = {
      size,
      lookAt: Math.max(2, 1 + settings.stopTokens) * size,
      lengthPenalty: plan.lengthPenalty,
      earlyStopping: plan.earlyStopping,
      maxTokens: settings.maxTokens,
      // each as Hugging Face has it, whose beams with groups and without come from two implementations
      boundedBy: plan.groups > 1 ? "any" : "running",
      // a stop sees how many tokens stood before the last
      endOf: (ids) => endOf({ ...this.#contextOf(ids), step: this.#length }, settings),
    };
  }

  /** Whether nothing more comes of it. */
  get done(): boolean {
    return this.#groups.every(({ done }) => done);
  }

  /** The beams that go on. */
  get running(): Beam[] {
    return this.#groups.flatMap(({ done, running }) => (done ? [] : running));
  }

  /** Continues every beam by a token. @throws GenerateError when none can go on and none has ended. */
  advance(scores: Scores): void {
    const { diversity, processors } = this.#plan;
    // how often earlier groups say a token at this step
    const said = new Map<number, number>();
    for (const group of this.#groups) {
      if (group.done) continue;
      const branches = group.running.map((beam) => {
        const next = Float32Array.from(logProbabilities(scores(beam.place)));
        for (const [token, times] of said) next[token] = (next[token] as number) - diversity * times;
        return { beam, sum: beam.sum, next: applyProcessors(next, this.#contextOf(beam.ids), processors) };
      });
      group.advance(branches, this.#length + 1, this.#rules);
      if (group.running.length === 0 && group.ended.length === 0) throw noneLeft(this.#contextOf((branches[0] as { beam: Beam }).beam.ids));
      for (const token of group.said) said.set(token, (said.get(token) ?? 0) + 1);
    }
    this.#length++;
  }

  /** What can be given now: all results when the search is done, before it the tokens on which all sequences agree, where one result is wanted. */
  *pieces(): Generator<Piece> {
    const { keep } = this.#plan;
    const best = this.#groups.flatMap(({ ended }) => ended).sort((a, b) => b.score - a.score);
    if (this.done) {
      for (const [rank, result] of best.slice(0, keep).entries()) yield* this.#tokens(this.#row * keep + rank, result.ids, result);
    } else if (keep === 1) {
      const agreed = commonStart([...best, ...this.running].map(({ ids }) => ids));
      yield* this.#tokens(this.#row, agreed);
      this.#given = Math.max(this.#given, agreed.length - this.#promptLength);
    }
  }

  *#tokens(row: number, ids: readonly number[], result?: Ended): Generator<Piece> {
    const tokens = ids.slice(this.#promptLength);
    for (let step = this.#given; step < tokens.length; step++)
      yield { row, step, token: tokens[step] as number, ...(result && step === tokens.length - 1 && { score: result.score, end: result.end }) };
  }

  #contextOf(ids: readonly number[]) {
    return contextOf({ row: this.#row, ids, promptLength: this.#promptLength });
  }
}

/** The tokens with which all sequences begin. */
function commonStart([first = [], ...others]: readonly (readonly number[])[]): readonly number[] {
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && other[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length);
}
