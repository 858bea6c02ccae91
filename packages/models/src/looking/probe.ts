import { type Interventions, intervene } from "@ashlar/attention";
import { add, broadcastTo, mul, normal, random, reshape, type Tensor, valueAndGrad, zeros } from "@ashlar/tensor";

/** How strongly a number depends on each position of some inputs. */
export interface Dependence {
  /** float32 [batch, time]: 0 where it doesn't. */
  readonly data: Float32Array;
  /** How many rows. */
  readonly batch: number;
  /** How many positions. */
  readonly time: number;
}

/** Inputs whose positions are moved: the name of their embeddings in the model, and how many there are. */
export interface Moved {
  /** Such as `inputs`, `encoder.inputs`. */
  readonly name: string;
  /** Rows. */
  readonly batch: number;
  /** Positions. */
  readonly time: number;
}

/**
 * The gradient of a number for moving each position's embedding along one random direction: 0 exactly where nothing passes from there, since a
 * hidden key has weight 0. A random direction, since a norm lets some fixed ones vanish.
 */
export async function dependence(device: Tensor["device"], moved: readonly Moved[], run: (interventions: Interventions) => Tensor): Promise<Dependence[]> {
  const shifts = moved.map(({ batch, time }) => zeros([batch, time, 1], { device }));
  const { gradients, value } = valueAndGrad(shifts, (given) => {
    const changes = moved.map(({ name }, index) => [name, (states: Tensor) => add(states, along(states, given[index] as Tensor))] as const);
    return run(intervene(Object.fromEntries(changes)));
  });
  value.storage.free("a probe");
  const found: Dependence[] = [];
  for (const [index, { batch, time }] of moved.entries()) {
    const gradient = gradients[index] as Tensor;
    found.push({ data: (await gradient.data()) as Float32Array, batch, time });
    for (const { storage } of [gradient, shifts[index] as Tensor]) storage.free("a probe");
  }
  return found;
}

function along(states: Tensor, shift: Tensor): Tensor {
  const dim = states.shape.at(-1) as number;
  const direction = reshape(normal(random(0).split("direction"), [dim], { device: states.device }), [1, 1, dim]);
  return mul(broadcastTo(direction, states.shape), shift);
}
