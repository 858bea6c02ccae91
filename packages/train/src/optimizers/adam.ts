import { onlyKnown } from "../check.ts";
import { l2 } from "../transforms/l2.ts";
import { type AdamOptions, adamW } from "./adam-w.ts";
import { chain } from "./chain.ts";
import { everything, type ParameterFilter } from "./decay-mask.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/** How Adam with L2 regularisation steps. */
export interface AdamL2Options extends AdamOptions {
  /** The coupled L2 term, added to the gradient before the moments. Default: 0. */
  readonly decay?: number;
  /** Which parameters it pulls on. Default: `everything`. */
  readonly mask?: ParameterFilter;
}

/**
 * Adam, Kingma & Ba 2015, [arXiv 1412.6980](https://arxiv.org/abs/1412.6980): `chain(l2(decay), adamW({ decay: 0 }))`. Its decay is coupled:
 * it goes through the moments, unlike that of `adamW`.
 *
 * @throws TrainError for a setting out of its range.
 */
export function adam(options: AdamL2Options): Optimizer<readonly OptimizerState[]> {
  onlyKnown("adam", options, ["rate", "beta1", "beta2", "epsilon", "decay", "mask"]);
  const { decay = 0, mask = everything, ...rest } = options;
  return chain(l2(decay, { mask }), adamW({ ...rest, decay: 0 }));
}
