import type { Processor } from "./processor.ts";

/** NaN becomes 0 and infinities the largest numbers, so that a faulty model goes on. It also brings back what was taken away: put it first. */
export function repairLogits(): Processor {
  const largest = (2 - 2 ** -23) * 2 ** 127;
  return (logits) => {
    for (const [token, logit] of logits.entries()) logits[token] = Number.isNaN(logit) ? 0 : Math.min(largest, Math.max(-largest, logit));
  };
}
