import { add, mul, paths, type Random, scoped, type Tensor, tensors, valueAndGrad } from "@ashlar/tensor";
import type { Optimizer, OptimizerState } from "../optimizers/optimizer.ts";
import { GivenUp } from "../release.ts";
import { distinct, type Gradients, gradientsFor } from "../trees.ts";
import type { Loss } from "./step.ts";

/** What a step is made of. */
export interface Work<Params, Batch, Extra, State extends OptimizerState> {
  readonly params: Params;
  readonly optimizer: Optimizer<State>;
  readonly state: State;
  readonly batches: readonly Batch[];
  /** How much each batch counts; they sum to 1. */
  readonly shares: readonly number[];
  readonly loss: Loss<Params, Batch, Extra>;
  readonly random: Random;
  readonly step: number;
}

/** What a step makes. */
export interface Advanced<Params, Extra, State> {
  readonly params: Params;
  readonly state: State;
  readonly loss: Tensor;
  readonly extras: readonly Extra[];
  readonly gradientNorm: Tensor | undefined;
}

interface Part<Params, Extra> {
  readonly gradients: Gradients<Params>;
  readonly loss: Tensor;
  readonly extras: readonly Extra[];
}

/** Gradients and loss of one batch, times its share. */
function part<Params, Batch, Extra, State extends OptimizerState>(work: Work<Params, Batch, Extra, State>, index: number): Part<Params, Extra> {
  const { params, batches, shares, loss, random, step } = work;
  return scoped(() => {
    const pass = { random: random.split(index), step };
    const share = shares[index] as number;
    const { value, gradients, extra } = valueAndGrad<Params, Extra>(params, (current) => {
      const made = loss(current, batches[index] as Batch, pass);
      if (share === 1) return made;
      // gradients of a loss times its share come out so: no copy of them is made to scale them
      return Array.isArray(made) ? ([mul(made[0], share), made[1]] as const) : mul(made as Tensor, share);
    });
    const extras = extra === undefined ? [] : [extra];
    // a loss that is a parameter itself would be given up with it
    const own = tensors(params).some(({ storage }) => storage === value.storage) ? add(value, 0) : value;
    return { gradients, loss: own, extras };
  });
}

/** Two parts together; the gradients of both are given up one by one. */
function joined<Params, Extra>(params: Params, first: Part<Params, Extra>, second: Part<Params, Extra>): Part<Params, Extra> {
  const extras = [...first.extras, ...second.extras];
  const both = [first, second].map(({ gradients }) => new Map(paths(gradients)));
  const at = (path: string): Tensor[] => both.flatMap((gradients) => gradients.get(path) ?? []);
  const given = new GivenUp(
    distinct(params).flatMap(([path]) => at(path)),
    [params, extras, first.loss, second.loss],
  );
  const gradients = gradientsFor(params, (_, path) => {
    const [one, other] = at(path);
    if (!one || !other) return null;
    const sum = add(one, other);
    given.done([one, other], sum);
    return sum;
  });
  return { gradients, loss: add(first.loss, second.loss), extras };
}

/** Makes one step: the gradients of each batch, their sum, the optimizer. Runs inside the step's scope. */
export function advance<Params, Batch, Extra, State extends OptimizerState>(work: Work<Params, Batch, Extra, State>): Advanced<Params, Extra, State> {
  const { params, optimizer, state, batches, step } = work;
  let all = part(work, 0);
  for (let index = 1; index < batches.length; index++) all = joined(params, all, part(work, index));
  const updated = optimizer.update(all.gradients, state, params, { step, donate: true });
  return { params: updated.params, state: updated.state, loss: all.loss, extras: all.extras, gradientNorm: updated.gradientNorm };
}
