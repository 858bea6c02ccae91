/** A beam, and what its next token may be: the log-probability of each. */
export interface Branching<Beam> {
  /** The beam. */
  readonly beam: Beam;
  /** Its sum of log-probabilities. */
  readonly sum: number;
  /** The log-probabilities of the next token [vocab]; −Infinity for those that can't come. */
  readonly next: Float32Array;
}

/** A beam and one more token. */
export interface Candidate<Beam> {
  /** The beam it continues. */
  readonly beam: Beam;
  /** The token. */
  readonly token: number;
  /** The sum of log-probabilities with it. */
  readonly sum: number;
}

/** The `count` best continuations of all beams together, best first; of equal ones those of the earlier beam, then the smaller token. */
export function bestCandidates<Beam>(branches: readonly Branching<Beam>[], count: number): Candidate<Beam>[] {
  const best: Candidate<Beam>[] = [];
  let bar = Number.NEGATIVE_INFINITY;
  for (const { beam, sum, next } of branches) {
    for (let token = 0; token < next.length; token++) {
      const total = sum + (next[token] as number);
      if (!(total > bar)) continue;
      let [low, high] = [0, best.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((best[middle] as Candidate<Beam>).sum >= total) low = middle + 1;
        else high = middle;
      }
      best.splice(low, 0, { beam, token, sum: total });
      if (best.length > count) best.pop();
      if (best.length === count) bar = (best[count - 1] as Candidate<Beam>).sum;
    }
  }
  return best;
}
