import type { Likely, Piece } from "./piece.ts";
import { logProbabilities } from "./probabilities.ts";

/** The `count` likeliest tokens, likeliest first; of equal ones the earlier. */
function likeliestOf(logprobs: Float64Array, count: number): Likely[] {
  const top: Likely[] = [];
  for (let token = 0; token < logprobs.length; token++) {
    const logprob = logprobs[token] as number;
    if (top.length === count && !(logprob > (top.at(-1) as Likely).logprob)) continue;
    let at = top.length;
    while (at > 0 && logprob > (top[at - 1] as Likely).logprob) at--;
    top.splice(at, 0, { token, logprob });
    if (top.length > count) top.pop();
  }
  return top;
}

/** Notes the probabilities of scores as the model gave them, and makes what a piece reports of the token that is chosen later. */
export function reportOf(logits: Float32Array, count: number | undefined): (token: number) => Pick<Piece, "logprob" | "top"> {
  if (count === undefined) return () => ({});
  const logprobs = logProbabilities(logits);
  return (token) => ({ logprob: logprobs[token] as number, ...(count > 0 && { top: likeliestOf(logprobs, count) }) });
}
