import type { End } from "../piece.ts";
import { type Branching, bestCandidates } from "./candidates.ts";

/** A sequence that may still grow. */
export interface Beam {
  /** Its tokens, what it began with included. */
  readonly ids: readonly number[];
  /** The sum of the log-probabilities of those that were generated. */
  readonly sum: number;
  /** Which row of the decoder's batch has read all of it but its last token. */
  place: number;
}

/** A sequence that has ended. */
export interface Ended {
  /** Its tokens, what it began with included. */
  readonly ids: readonly number[];
  /** `sum / length ** lengthPenalty`, the length without the prompt and with the token that ends it. */
  readonly score: number;
  /** Why it ended. */
  readonly end: End;
}

/** What a search goes by. */
export interface SearchRules {
  /** How many beams a group has. */
  readonly size: number;
  /** How many continuations are looked at: enough for `size` to go on though others end. */
  readonly lookAt: number;
  /** The power of the length by which sums are divided. */
  readonly lengthPenalty: number;
  /** When a group is done. */
  readonly earlyStopping: boolean | "never";
  /** The most tokens a sequence gets. */
  readonly maxTokens: number;
  /** Which running sum bounds what may still come: that of the best beam which goes on, or of the best continuation though it ended. */
  readonly boundedBy: "running" | "any";
  /** Why a sequence ends with its last token. */
  endOf(ids: readonly number[]): End | undefined;
}

/** Beams that compete with each other, and the best sequences that came of them. */
export class Group {
  /** The beams that go on, best first. */
  running: readonly Beam[];
  /** The best that have ended, best first. */
  ended: readonly Ended[] = [];
  /** What it said at the last step: the tokens of the best that were not stopped, though they may have reached the greatest length. */
  said: readonly number[] = [];
  /** Whether nothing more comes of it. */
  done = false;

  /** A group that begins with one beam. */
  constructor(first: Beam) {
    this.running = [first];
  }

  /** Continues every beam by a token and keeps the best; `length` is how many tokens a sequence then has beyond its prompt. */
  advance(branches: readonly Branching<Beam>[], length: number, rules: SearchRules): void {
    const candidates = bestCandidates(branches, rules.lookAt);
    const running: Beam[] = [];
    const ended = [...this.ended];
    const said: number[] = [];
    for (const [rank, { beam, token, sum }] of candidates.entries()) {
      const ids = [...beam.ids, token];
      const end = rules.endOf(ids);
      if (end !== "stop" && said.length < rules.size) said.push(token);
      if (!end) {
        if (running.length < rules.size) running.push({ ids, sum, place: beam.place });
      }
      // one that ends outside the best is dropped: it stands here only so that enough others go on
      else if (rank < rules.size) ended.push({ ids, score: sum / length ** rules.lengthPenalty, end });
    }
    this.running = running;
    this.said = said;
    this.ended = ended.sort((a, b) => b.score - a.score).slice(0, rules.size);
    const best = rules.boundedBy === "any" ? candidates[0]?.sum : running[0]?.sum;
    this.done = running.length === 0 || best === undefined || this.#full(best, length, rules);
  }

  /** Whether as many as are wanted have ended and none that goes on is expected to be better. */
  #full(best: number, length: number, { size, lengthPenalty, earlyStopping, maxTokens }: SearchRules): boolean {
    if (this.ended.length < size) return false;
    if (earlyStopping === true) return true;
    // with a reward for length the longest is the most that can be hoped for; else, and by default, the present one
    const hoped = earlyStopping === "never" && lengthPenalty > 0 ? maxTokens : length;
    return best / hoped ** lengthPenalty <= (this.ended.at(-1) as Ended).score;
  }
}
