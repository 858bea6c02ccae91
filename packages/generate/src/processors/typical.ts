import { share } from "../check.ts";
import { entropy, probabilities } from "../probabilities.ts";
import { type Processor, remove } from "./processor.ts";

/**
 * Keeps the tokens whose surprise is nearest to the expected one, until they hold a mass: locally typical sampling, Meister et al. 2023,
 * [arXiv 2202.00666](https://arxiv.org/abs/2202.00666). @throws GenerateError unless the mass lies between 0 and 1.
 */
export function typical(mass: number): Processor {
  share("typical", "mass", mass);
  return (logits) => {
    const p = probabilities(logits);
    const expected = entropy(p);
    const distance = p.map((each) => Math.abs(-Math.log(each) - expected));
    const nearest = [...distance.keys()].sort((a, b) => (distance[a] as number) - (distance[b] as number));
    let sum = 0;
    const last = nearest.find((token) => {
      sum += p[token] as number;
      return sum >= mass;
    });
    const farthest = last === undefined ? Number.POSITIVE_INFINITY : (distance[last] as number);
    remove(logits, (_, token) => (distance[token] as number) > farthest);
  };
}
