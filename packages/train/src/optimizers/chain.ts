import type { Tensor } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import type { GradientTransform, Optimizer, OptimizerState } from "./optimizer.ts";

/**
 * Runs transformations of the gradients one after the other, then the optimizer, which is the last. That it is the last, and the only one,
 * is checked by the types.
 *
 * @throws TrainError when the links are in another order, or a state was made by a chain of another length.
 *
 * @example
 * ```ts
 * import { adamW, chain, clipByNorm, warmupCosine } from "@ashlar/train";
 * const optimizer = chain(clipByNorm(1), adamW({ rate: warmupCosine({ peak: 3e-4, warmup: 100, steps: 2000 }) }));
 * ```
 */
export function chain(...links: readonly [...transforms: GradientTransform[], optimizer: Optimizer]): Optimizer<readonly OptimizerState[]> {
  const transforms = links.slice(0, -1) as GradientTransform[];
  const optimizer = links.at(-1) as Optimizer;
  if (!optimizer?.update || transforms.some((link) => !link.transform))
    throw new TrainError("chain: expected transformations of the gradients and then one optimizer, the last; clipByNorm(1), adamW(…)");
  return {
    init: (params) => links.map((link) => link.init(params)),
    update(gradients, state, params, context) {
      if (state?.length !== links.length)
        throw new TrainError(`chain: expected the state of ${links.length} links, got ${state?.length ?? state}; was it saved by another optimizer?`);
      const states: OptimizerState[] = [];
      let gradientNorm: Tensor | undefined;
      for (const [index, transform] of transforms.entries()) {
        const made = transform.transform(gradients, state[index] as OptimizerState, params, context);
        gradients = made.gradients;
        gradientNorm ??= made.gradientNorm;
        states.push(made.state);
      }
      const updated = optimizer.update(gradients, state.at(-1) as OptimizerState, params, context);
      gradientNorm ??= updated.gradientNorm;
      return { params: updated.params, state: [...states, updated.state], ...(gradientNorm && { gradientNorm }) };
    },
    ...(optimizer.rate && { rate: (step) => optimizer.rate?.(step) ?? Number.NaN }),
  };
}
