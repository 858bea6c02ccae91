import { share } from "../check.ts";
import { likeliest } from "../probabilities.ts";
import { type Processor, remove } from "./processor.ts";

/**
 * Keeps the tokens that are at least p times as probable as the likeliest one, Nguyen et al. 2024,
 * [arXiv 2407.01082](https://arxiv.org/abs/2407.01082). @throws GenerateError unless p lies between 0 and 1.
 */
export function minP(p: number): Processor {
  share("minP", "p", p);
  return (logits) => {
    const highest = logits[likeliest(logits)] ?? Number.NEGATIVE_INFINITY;
    remove(logits, (logit) => Math.exp(logit - highest) < p);
  };
}
