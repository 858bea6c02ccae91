import { share } from "../check.ts";
import { entropy, likeliest, probabilities } from "../probabilities.ts";
import { type Processor, remove } from "./processor.ts";

/** Takes away tokens below a probability, never the likeliest. */
function below(logits: Float32Array, p: Float64Array, least: number): void {
  const highest = logits[likeliest(logits)] ?? Number.NEGATIVE_INFINITY;
  remove(logits, (logit, token) => (p[token] as number) < least && logit < highest);
}

/** Keeps tokens of at least this probability, Hewitt et al. 2022, [arXiv 2210.15191](https://arxiv.org/abs/2210.15191); the likeliest stays. */
export function epsilonCutoff(epsilon: number): Processor {
  share("epsilonCutoff", "epsilon", epsilon);
  return (logits) => below(logits, probabilities(logits), epsilon);
}

/** Keeps tokens of at least `min(ε, √ε · exp(−entropy))`, Hewitt et al. 2022: uncertain distributions keep more. The likeliest stays. */
export function etaCutoff(epsilon: number): Processor {
  share("etaCutoff", "epsilon", epsilon);
  return (logits) => {
    const p = probabilities(logits);
    below(logits, p, Math.min(epsilon, Math.sqrt(epsilon) * Math.exp(-entropy(p))));
  };
}

/**
 * Keeps the likeliest tokens while their part of the entropy stays within a share of it, Potraghloo et al. 2025,
 * [arXiv 2509.02510](https://arxiv.org/abs/2509.02510); the likeliest stays. Of the first hundred, as in Hugging Face's.
 */
export function topH(h: number): Processor {
  share("topH", "h", h);
  return (logits) => {
    const order = [...logits.keys()].sort((a, b) => (logits[b] as number) - (logits[a] as number)).slice(0, 100);
    const p = probabilities(order.map((token) => logits[token] as number));
    const most = h * entropy(p);
    let sum = 0;
    const kept = new Set(
      order.filter((_, index) => {
        const each = p[index] as number;
        if (each > 0) sum -= each * Math.log(each);
        return index === 0 || sum <= most;
      }),
    );
    remove(logits, (_, token) => !kept.has(token));
  };
}
