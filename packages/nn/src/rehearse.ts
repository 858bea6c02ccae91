import { type Device, profiled, shapesOnly } from "@ashlar/backend";
import { copy, mapTree, mean, type Random, random, scoped, type Tensor, tensors, valueAndGrad, zeros, zerosLike } from "@ashlar/tensor";
import { bind } from "./bind.ts";
import { init, type Source } from "./init.ts";
import type { BoundModule, Module, ParamsOf } from "./module.ts";

/** How a module is run while it is rehearsed. */
export interface RehearsalPass {
  /** Where its inputs are made. It has no numbers: nothing on it can be read. */
  readonly device: Device;
  /** Random numbers for dropout; a forward pass has none. */
  readonly random?: Random;
}

/** What an optimizer is to a rehearsal: those of `@ashlar/train` are such. */
export interface RehearsedOptimizer {
  /** What is remembered before the first step. */
  init(params: unknown): unknown;
  /** Parameters and what is remembered after a step; what was given may be given up. */
  update(
    gradients: never,
    state: never,
    params: never,
    context: { readonly step: number; readonly donate?: boolean },
  ): {
    readonly params: unknown;
    readonly state: unknown;
  };
}

/** What is rehearsed. */
export interface RehearsalOptions<Bound, Result> {
  /** One pass: makes the inputs and runs the module. */
  readonly run: (module: Bound, pass: RehearsalPass) => Result;
  /** The loss of what `run` gives, a scalar. Default: the mean of a tensor. */
  readonly loss?: (result: Result, pass: RehearsalPass) => Tensor;
  /** Turns gradients into new parameters. Default: one that keeps two numbers for each parameter, as Adam and AdamW do. */
  readonly optimizer?: RehearsedOptimizer;
  /** How many batches make one step; with more than one, their sum of gradients is held beside the next ones. Default: 1. */
  readonly accumulate?: number;
  /** Where it is to run: that device's kernels. By default every kernel of the contract. */
  readonly like?: Device;
}

/** What a module takes, in bytes of buffers and in operations. */
export interface Rehearsal {
  /** The parameters. */
  readonly parameters: number;
  /** A forward pass at its fullest, parameters included. */
  readonly forward: number;
  /** The gradients of all parameters. */
  readonly gradients: number;
  /** What the optimizer remembers. */
  readonly optimizer: number;
  /** What a training step keeps of its forward pass for the way back. */
  readonly activations: number;
  /** A training step at its fullest: parameters, gradients, what the optimizer remembers, activations. */
  readonly step: number;
  /** Operations, attention counted as if every key were seen. */
  readonly operations: {
    /** Of a forward pass. */
    readonly forward: number;
    /** Of a training step. */
    readonly step: number;
  };
}

/** Parameters that are as large as they will be, and have no numbers. */
const sized = (device: Device): Source => ({ read: (_, { shape }) => scoped(() => copy(zeros(shape, { device }))) });

/** What Adam remembers. */
const twoMoments: RehearsedOptimizer = {
  init: (params) => mapTree(params, (parameter) => [1, 2].map(() => scoped(() => copy(zerosLike(parameter))))),
  update: (_gradients: unknown, state: unknown, params: unknown) => ({ params, state }),
};

/**
 * Runs a module forward, and through training steps, on a device without numbers: how much memory and how many operations it takes, before
 * anything is allocated. It is the very computation, so whatever a layer, a loss or an optimizer does is counted, `checkpointed` blocks too.
 *
 * @throws DeviceError when something on the way reads numbers.
 *
 * @example
 * ```ts
 * import { linear, rehearse } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const { parameters, step } = rehearse(linear(10_000, 10_000), { run: (layer, { device }) => layer(ones([64, 10_000], { device })) });
 * console.log(parameters, step); // 400,040,000 bytes, and four times as many, and a little
 * ```
 */
export function rehearse<Parts, Args extends readonly unknown[], Output, Result = Tensor>(
  module: Module<Parts, Args, Output>,
  { run, loss = (result) => mean(result as Tensor), optimizer = twoMoments, accumulate = 1, like }: RehearsalOptions<BoundModule<Parts, Args, Output>, Result>,
): Rehearsal {
  const device = profiled(shapesOnly(like ? { like } : {}), { clock: () => 0, keep: 0 });
  const peakOf = (work: () => void): number => {
    device.resetPeak();
    work();
    return device.memory().peak;
  };
  /** Operations since this was last asked. */
  const operations = (): number => {
    const total = device.profile.sums().reduce((sum, each) => sum + each.operations, 0);
    device.profile.clear();
    return total;
  };

  return scoped(() => {
    const first = init(module, sized(device));
    const parameters = device.memory().live;
    const forward = peakOf(() => scoped(() => void run(bind(module, first), { device })));
    const forwardOperations = operations();

    let activations = 0;
    const pass = { device, random: random(0) };
    const gradientsOf = (params: ParamsOf<Parts>) =>
      valueAndGrad(params, (current) => {
        const before = device.memory().live;
        const value = loss(run(bind(module, current), pass), pass);
        activations = device.memory().live - before;
        return value;
      }).gradients;
    let gradients = 0;
    const advance = (params: unknown, state: unknown, step: number) =>
      scoped(() => {
        // of several batches the last one's pass is the fullest: the sum of the gradients before it is there
        const earlier = accumulate > 1 ? tensors(params).map((parameter) => scoped(() => copy(zerosLike(parameter)))) : [];
        const found = scoped(() => gradientsOf(params as ParamsOf<Parts>));
        gradients = sizeOf(found);
        for (const { storage } of earlier) storage.free("the sum of gradients");
        return optimizer.update(found as never, state as never, params as never, { step, donate: true });
      });

    let state = optimizer.init(first);
    let params: unknown = first;
    const next = (step: number): void => {
      const made = advance(params, state, step);
      const kept = new Set(tensors(made).map(({ storage }) => storage));
      for (const { storage } of tensors([params, state])) if (!kept.has(storage)) storage.free("the next step");
      ({ params, state } = made);
    };
    next(0); // what an optimizer remembers is whole after its first step
    operations();
    const step = peakOf(() => next(1));
    return {
      parameters,
      forward,
      gradients,
      optimizer: sizeOf(state),
      activations,
      step,
      operations: { forward: forwardOperations, step: accumulate * operations() },
    };
  });
}

/** The bytes of a tree's memory. */
function sizeOf(tree: unknown): number {
  const storages = new Set(tensors(tree).map(({ storage }) => storage));
  return [...storages].reduce((sum, { buffer }) => sum + buffer.bytes, 0);
}
