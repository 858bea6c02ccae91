import { wholeNumber } from "../check.ts";
import { kthLargest } from "./kth-largest.ts";
import { type Processor, remove } from "./processor.ts";

/** Keeps the k likeliest tokens, Fan et al. 2018, and all that tie with the last of them. @throws GenerateError unless k is a whole number of at least 1. */
export function topK(k: number): Processor {
  wholeNumber("topK", "k", k, 1);
  return (logits) => {
    if (k >= logits.length) return;
    const kth = kthLargest(logits, k);
    remove(logits, (logit) => logit < kth);
  };
}
