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
    // rising; what was taken away has no mass
    const left = logits.filter((logit) => logit > Number.NEGATIVE_INFINITY).sort();
    const mass = probabilities(left);
    let cut = 0;
    for (let sum = 0; cut < left.length - keep; cut++) {
      sum += mass[cut] as number;
      if (sum > 1 - p) break;
    }
    if (cut === 0) return;
    const edge = left[cut] as number;
    // of those at the edge, as many go as stand below the cut
    let ties = cut - left.indexOf(edge);
    remove(logits, (logit) => logit < edge || (logit === edge && ties-- > 0));
  };
}
