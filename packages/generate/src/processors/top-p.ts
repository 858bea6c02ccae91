import { onlyKnown, share, wholeNumber } from "../check.ts";
import { probabilities } from "../probabilities.ts";
import { type Processor, remove } from "./processor.ts";

/** How far `topP` may go. */
export interface KeepOptions {
  /** Tokens that stay in any case. Default: 1. */
  readonly keep?: number;
}

/**
 * Keeps the likeliest tokens whose probabilities together reach p, the one that crosses it included: nucleus sampling, Holtzman et al. 2020,
 * [arXiv 1904.09751](https://arxiv.org/abs/1904.09751). Of tokens that tie at the edge the later ones stay, as in Hugging Face's.
 *
 * @throws GenerateError unless p lies between 0 and 1.
 */
export function topP(p: number, options: KeepOptions = {}): Processor {
  share("topP", "p", p);
  onlyKnown("topP", options, ["keep"]);
  const { keep = 1 } = options;
  wholeNumber("topP", "keep", keep, 1);
  return (logits) => {
    const mass = probabilities(logits);
    // tokens so unlikely that all of them together go: they need no order
    const least = (1 - p) / logits.length;
    let below = 0;
    let rest: number[] = [];
    for (let token = 0; token < logits.length; token++) {
      if ((mass[token] as number) < least) below += mass[token] as number;
      else rest.push(token);
    }
    if (rest.length < keep) {
      below = 0;
      rest = [...logits.keys()].filter((token) => (logits[token] as number) > Number.NEGATIVE_INFINITY);
    }
    rest.sort((a, b) => (logits[a] as number) - (logits[b] as number)); // rising, and equal ones by their number
    let cut = 0;
    for (let sum = below; cut < rest.length - keep; cut++) {
      sum += mass[rest[cut] as number] as number;
      if (sum > 1 - p) break;
    }
    const edge = logits[rest[cut] ?? -1] ?? Number.NEGATIVE_INFINITY;
    // of those at the edge, as many go as stand below the cut
    let ties = cut - rest.findIndex((token) => logits[token] === edge);
    remove(logits, (logit) => logit < edge || (logit === edge && ties-- > 0));
  };
}
