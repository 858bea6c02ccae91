import { threefry } from "@ashlar/backend";
import type { Random } from "@ashlar/tensor";
import { likeliest, probabilities } from "./probabilities.ts";

/** A number in [0, 1) with 53 random bits. */
export function uniformOf({ state: [first, second] }: Random): number {
  const [high, low] = threefry(first, second, 0, 0);
  return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53;
}

/**
 * Draws a token from the distribution that scores stand for, with a given number in [0, 1): the first token at which the sum of the
 * probabilities passes it. −1 when every token was taken away.
 */
export function drawToken(logits: Float32Array, uniform: number): number {
  if (likeliest(logits) < 0) return -1;
  const chances = probabilities(logits);
  let sum = 0;
  let last = -1;
  for (let token = 0; token < chances.length; token++) {
    const p = chances[token] as number;
    if (p === 0) continue;
    sum += p;
    last = token;
    if (sum > uniform) return token;
  }
  // the probabilities may sum to a little less than 1
  return last;
}

/** Draws a token with one number in (0, 1) for each: the largest of `logit − ln(−ln u)`, Gumbel 1954. −1 when every token was taken away. */
export function drawByGumbel(logits: Float32Array, uniforms: ArrayLike<number>): number {
  return likeliest(logits.map((logit, token) => logit - Math.log(-Math.log(uniforms[token] as number))));
}
