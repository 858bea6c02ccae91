import { add, div, type Elementwise, type Expression, elementwise, mul, op, sqrt, sub, type Tensor, type Ternary, zerosLike } from "@ashlar/tensor";
import { atLeast, belowOne, onlyKnown } from "../check.ts";
import { type Schedule, toSchedule } from "../schedules/schedule.ts";
import { matrices, type ParameterFilter } from "./decay-mask.ts";
import type { Optimizer } from "./optimizer.ts";
import { perParameter, type SlotsByPath } from "./per-parameter.ts";

/** Running means of a gradient and of its square. */
export type Moments = {
  /** m, the mean of the gradients. */
  readonly first: Tensor;
  /** v, the mean of their squares. */
  readonly second: Tensor;
};

/** How Adam steps. */
export interface AdamOptions {
  /** The learning rate: a number, or a schedule. */
  readonly rate: number | Schedule;
  /** β₁, how slowly the mean of the gradients moves. Default: 0.9. */
  readonly beta1?: number;
  /** β₂, how slowly the mean of their squares moves. Default: 0.999. */
  readonly beta2?: number;
  /** ε, added to the root outside the bias correction. Default: 1e-8. */
  readonly epsilon?: number;
}

/** How AdamW steps. */
export interface AdamWOptions extends AdamOptions {
  /** The weight decay: each step takes `rate · decay` of a parameter away. Default: 0.01. */
  readonly decay?: number;
  /** Which parameters decay. Default: `matrices` (PyTorch: `everything`). */
  readonly mask?: ParameterFilter;
}

type Scalars = readonly [rate: number, beta1: number, beta2: number, epsilon: number, decay: number, correction1: number, correction2: number];
const firstMoment: Ternary = elementwise("adamW first moment", (m, g, beta) => add(mul(beta, m), mul(sub(1, beta), g)));
const secondMoment: Ternary = elementwise("adamW second moment", (v, g, beta) => add(mul(beta, v), mul(sub(1, beta), mul(g, g))));
type E = Expression;
const moved: Elementwise<[p: E, m: E, v: E, rate: E, epsilon: E, decay: E, c1: E, c2: E]> = elementwise("adamW", (p, m, v, rate, epsilon, decay, c1, c2) =>
  sub(mul(p, sub(1, mul(rate, decay))), div(mul(rate, div(m, c1)), add(sqrt(div(v, c2)), epsilon))),
);

interface Settings {
  readonly scalars: Scalars;
  readonly donated: readonly number[];
}

const step: (inputs: [p: Tensor, g: Tensor, m: Tensor, v: Tensor], settings: Settings) => readonly Tensor[] = op<
  [p: Tensor, g: Tensor, m: Tensor, v: Tensor],
  Settings,
  "adamW"
>("adamW", {
  compose: ([p, g, m, v], { scalars: [rate, beta1, beta2, epsilon, decay, c1, c2] }) => {
    const first = firstMoment(m, g, beta1);
    const second = secondMoment(v, g, beta2);
    return [moved(p, first, second, rate, epsilon, decay, c1, c2), first, second];
  },
  kernel: {
    name: "adamW",
    call: (inputs, { scalars, donated }) => ({
      settings: {},
      operands: inputs,
      scalars,
      outputs: Array.from({ length: 3 }, () => ({ shape: inputs[0].shape, dtype: "float32" as const })),
      donated,
    }),
  },
});

/**
 * Adam with decoupled weight decay, Loshchilov & Hutter 2019, [arXiv 1711.05101](https://arxiv.org/abs/1711.05101). With t counted from 1,
 * `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `p ← p − rate·decay·p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)`.
 * Where the device has the kernel, parameter and moments are updated in one pass, in place when they are given up.
 *
 * @throws TrainError for a setting out of its range.
 */
export function adamW(options: AdamWOptions): Optimizer<SlotsByPath<Moments>> {
  onlyKnown("adamW", options, ["rate", "beta1", "beta2", "epsilon", "decay", "mask"]);
  const { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0.01, mask = matrices } = options;
  belowOne("adamW", "beta1", beta1);
  belowOne("adamW", "beta2", beta2);
  atLeast("adamW", "epsilon", epsilon);
  atLeast("adamW", "decay", decay);
  const rateAt = toSchedule("adamW", rate);
  return perParameter<Moments>({
    name: "adamW",
    init: (parameter) => ({ first: zerosLike(parameter), second: zerosLike(parameter) }),
    update(parameter, gradient, { first, second }, { step: before, path, donatable }) {
      const t = before + 1;
      const decayed = mask(path, parameter.shape) ? decay : 0;
      const inputs: [Tensor, Tensor, Tensor, Tensor] = [parameter, gradient, first, second];
      const donated = [0, 2, 3].filter((index) => donatable(inputs[index] as Tensor));
      const scalars: Scalars = [rateAt(before), beta1, beta2, epsilon, decayed, 1 - beta1 ** t, 1 - beta2 ** t];
      const [p, m, v] = step(inputs, { scalars, donated }) as [Tensor, Tensor, Tensor];
      return [p, { first: m, second: v }];
    },
    rate: rateAt,
  });
}
