import { likeliest } from "../probabilities.ts";
import { type Processor, remove } from "./processor.ts";

/** Leaves the likeliest token alone, the first of several. At the end of a list it makes choosing certain, after penalties for example. */
export function greedy(): Processor {
  return (logits) => {
    const best = likeliest(logits);
    remove(logits, (_, token) => token !== best);
  };
}
