import { dropout as dropoutOp, type Random, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import { define } from "./module.ts";

/**
 * Sets each element to zero with probability `rate` and scales the rest by 1/(1 − rate) ([Srivastava et al.
 * 2014](https://jmlr.org/papers/v15/srivastava14a.html)). It acts only when it is given random numbers: training hands them in, evaluation
 * does not. Each use wants numbers of its own: `drop(x, random?.split("residual"))`.
 *
 * @throws NnError when the rate is not in [0, 1).
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, dropout } from "@ashlar/nn";
 * import { ones, random } from "@ashlar/tensor";
 * const x = ones([4, 8], { device: reference() });
 * const drop = bind(dropout(0.1), {});
 * drop(x); // x itself
 * drop(x, random(7).split("here")); // about a tenth zeros, the rest 1.111
 * ```
 */
export const dropout = (rate: number) => {
  if (!(rate >= 0 && rate < 1)) throw new NnError(`dropout: expected a rate in [0, 1), got ${rate}`);
  return define({}, (_, x: Tensor, random?: Random): Tensor => (random && rate > 0 ? dropoutOp(x, rate, random) : x));
};

/** Dropout's module. */
export type Dropout = ReturnType<typeof dropout>;
