import { dropout as dropoutOp, type Random, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import { define } from "./module.ts";

/**
 * Sets each element to zero with probability `rate` and scales the rest by 1/(1 − rate) (Srivastava et al. 2014). It acts only when it is
 * given random numbers: training hands them in, evaluation does not.
 *
 * @throws NnError when the rate is not in [0, 1).
 */
export const dropout = (rate: number) => {
  if (!(rate >= 0 && rate < 1)) throw new NnError(`dropout: expected a rate in [0, 1), got ${rate}`);
  return define({}, (_, x: Tensor, random?: Random): Tensor => (random && rate > 0 ? dropoutOp(x, rate, random) : x));
};

/** Dropout's module. */
export type Dropout = ReturnType<typeof dropout>;
