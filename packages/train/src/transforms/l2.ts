import { add, type Elementwise, type Expression, elementwise, mul, paths } from "@ashlar/tensor";
import { atLeast } from "../check.ts";
import { everything, type ParameterFilter } from "../optimizers/decay-mask.ts";
import type { GradientTransform } from "../optimizers/optimizer.ts";
import { gradientsFor } from "../trees.ts";

type E = Expression;
const pulled: Elementwise<[g: E, p: E, decay: E]> = elementwise("l2", (g, p, decay) => add(g, mul(decay, p)));

/**
 * L2 regularisation: adds `decay · parameter` to each gradient, as PyTorch's `weight_decay` does in SGD and Adam. `adamW` decays by itself,
 * apart from the gradient.
 */
export function l2(decay: number, { mask = everything }: { readonly mask?: ParameterFilter } = {}): GradientTransform<null> {
  atLeast("l2", "decay", decay);
  return {
    init: () => null,
    transform(gradients, _, params) {
      if (decay === 0) return { gradients, state: null };
      const gradientAt = new Map(paths(gradients));
      const changed = gradientsFor(params, (parameter, path) => {
        const gradient = gradientAt.get(path);
        return gradient && mask(path, parameter.shape) ? pulled(gradient, parameter, decay) : (gradient ?? null);
      });
      return { gradients: changed, state: null };
    },
  };
}
