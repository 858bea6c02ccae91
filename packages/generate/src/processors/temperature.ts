import { positive } from "../check.ts";
import type { Processor } from "./processor.ts";

/** Divides the scores: below 1 likely tokens gain, above 1 unlikely ones do. @throws GenerateError unless it is above 0; for 0 take `greedy()`. */
export function temperature(value: number): Processor {
  positive("temperature", "the temperature (for the likeliest token take greedy())", value);
  return (logits) => {
    for (let token = 0; token < logits.length; token++) logits[token] = (logits[token] as number) / value;
  };
}
