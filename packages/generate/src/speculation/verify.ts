/**
 * How likely a guess is to be kept: `min(1, p / q)` of the target's and the draft's probability of its token. Where the draft gives no
 * probability the guess could not have been drawn, and nothing is kept.
 */
export function acceptance(target: ArrayLike<number>, draft: ArrayLike<number>, token: number): number {
  const [p, q] = [target[token] as number, draft[token] as number];
  return q > 0 ? Math.min(1, p / q) : 0;
}

/**
 * The distribution from which a token is drawn instead of a guess that was not kept: `max(p − q, 0)`, normalised; the target's own where nothing
 * is left of it. Kept with `acceptance`, replaced from here, a token is distributed as the target has it, whatever the draft: Leviathan et al.
 * 2022, [arXiv 2211.17192](https://arxiv.org/abs/2211.17192).
 */
export function remainder(target: ArrayLike<number>, draft: ArrayLike<number>): Float64Array {
  const left = Float64Array.from(target, (p, token) => Math.max(0, p - (draft[token] as number)));
  const sum = left.reduce((total, each) => total + each, 0);
  return sum > 0 ? left.map((each) => each / sum) : Float64Array.from(target);
}
