/** The first of the largest numbers; −1 when there is none above −Infinity. NaN counts as nothing. */
export function likeliest(logits: Float32Array): number {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  // by number: an iterator of entries takes thirty times as long, some milliseconds for a large vocabulary
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] as number;
    if (logit > highest) {
      best = token;
      highest = logit;
    }
  }
  return best;
}

/** Whether one of the numbers is NaN. */
export function hasNaN(logits: Float32Array): boolean {
  for (let token = 0; token < logits.length; token++) if (Number.isNaN(logits[token])) return true;
  return false;
}

/** The probabilities that scores stand for, `exp(x − max) / Σ`, in double precision. */
export function probabilities(logits: ArrayLike<number>): Float64Array {
  const weights = new Float64Array(logits);
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of weights) if (logit > highest) highest = logit;
  let sum = 0;
  for (let token = 0; token < weights.length; token++) sum += weights[token] = Math.exp((weights[token] as number) - highest);
  for (let token = 0; token < weights.length; token++) weights[token] = (weights[token] as number) / sum;
  return weights;
}

/** The natural logarithms of the probabilities that scores stand for, `x − max − ln Σ exp(x − max)`, in double precision. */
export function logProbabilities(logits: ArrayLike<number>): Float64Array {
  const scores = new Float64Array(logits);
  let highest = Number.NEGATIVE_INFINITY;
  for (const score of scores) if (score > highest) highest = score;
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - highest);
  const whole = highest + Math.log(sum);
  return scores.map((score) => score - whole);
}

/** The uncertainty of a distribution in nats: −Σ p ln p. */
export function entropy(distribution: Float64Array): number {
  let sum = 0;
  for (const p of distribution) if (p > 0) sum -= p * Math.log(p);
  return sum;
}
