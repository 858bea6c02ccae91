import { paths, scoped, type Tensor, tensors } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import { GivenUp } from "../release.ts";
import { distinct, mapParameters } from "../trees.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/** Where a parameter stands and when. */
export interface ParameterContext {
  /** How many steps came before: the first one is 0. */
  readonly step: number;
  /** The parameter's path in the tree: `"blocks.0.norm.weight"`. */
  readonly path: string;
  /** Whether a kernel may write over a tensor (its memory is given up, covered by the tensor, and needed by no one else). */
  donatable(tensor: Tensor): boolean;
}

/** How one parameter is updated by itself. */
export interface ParameterRule<Slots extends OptimizerState> {
  /** The optimizer's name, for errors. */
  readonly name: string;
  /** What is remembered for a parameter before the first step. */
  init(parameter: Tensor, path: string): Slots;
  /** The parameter and what is remembered after a step. */
  update(parameter: Tensor, gradient: Tensor, slots: Slots, context: ParameterContext): readonly [parameter: Tensor, slots: Slots];
  /** The learning rate of a step. */
  rate?(step: number): number;
}

/** What `perParameter` remembers: the slots of each parameter by its path. */
export type SlotsByPath<Slots> = { readonly [path: string]: Slots };

/**
 * Makes an optimizer of a rule for one parameter: most optimizers are one. Intermediate results are freed parameter by parameter, so a step
 * never holds two copies of the whole state.
 *
 * @throws TrainError when the state has nothing for a parameter.
 *
 * @example
 * ```ts
 * import { mul, sign, sub } from "@ashlar/tensor";
 * import { perParameter } from "@ashlar/train";
 * const signDescent = perParameter({ name: "signDescent", init: () => null, update: (p, g) => [sub(p, mul(0.01, sign(g))), null] });
 * ```
 */
export function perParameter<Slots extends OptimizerState>(rule: ParameterRule<Slots>): Optimizer<SlotsByPath<Slots>> {
  return {
    init: (params) =>
      Object.fromEntries(distinct(params).flatMap(([path, parameter]) => (parameter.dtype === "float32" ? [[path, rule.init(parameter, path)]] : []))),
    update(gradients, state, params, { step, donate = false }) {
      const gradientAt = new Map(paths(gradients));
      const slotsAt = (path: string): Slots => {
        const slots = state?.[path];
        if (slots === undefined)
          throw new TrainError(`${rule.name}: the state has nothing for "${path}"; was it made for other parameters or another optimizer?`);
        return slots;
      };
      const uses = ([path, parameter]: [string, Tensor]): Tensor[] => {
        const gradient = gradientAt.get(path);
        return gradient ? [parameter, gradient, ...tensors(slotsAt(path))] : [];
      };
      const given = new GivenUp(donate ? distinct(params).flatMap(uses) : []);
      const next: Record<string, Slots> = {};
      const updated = mapParameters(params, (parameter, path) => {
        const gradient = gradientAt.get(path);
        if (!gradient) return parameter;
        const slots = slotsAt(path);
        const used = uses([path, parameter]);
        const made = scoped(() => rule.update(parameter, gradient, slots, { step, path, donatable: (tensor) => given.donatable(tensor) }));
        next[path] = made[1];
        if (donate) given.done(used, made);
        return made[0];
      });
      return { params: updated, state: { ...state, ...next } };
    },
    ...(rule.rate && { rate: (step) => rule.rate?.(step) ?? Number.NaN }),
  };
}
