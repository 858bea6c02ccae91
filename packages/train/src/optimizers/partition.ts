import { mapTree, type Tensor, tensors } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import { distinct, mapParameters } from "../trees.ts";
import type { Optimizer, OptimizerState } from "./optimizer.ts";

/**
 * Gives each parameter to one of several optimizers, by name: Muon for the matrices inside, AdamW for the rest. A parameter whose name is
 * `"frozen"` is not trained, unless there is an optimizer of that name.
 *
 * @throws TrainError when a name has no optimizer.
 *
 * @example
 * ```ts
 * import { adamW, matrices, muon, partition } from "@ashlar/train";
 * const optimizer = partition(
 *   (path, shape) => (matrices(path, shape) && path.startsWith("stack.") ? "inner" : "outer"),
 *   { inner: muon({ rate: 0.02 }), outer: adamW({ rate: 3e-4 }) },
 * );
 * ```
 */
export function partition<Name extends string>(
  nameOf: (path: string, shape: readonly number[]) => Name | "frozen",
  optimizers: { readonly [K in Name]: Optimizer },
): Optimizer<{ readonly [name: string]: OptimizerState }> {
  const byName = new Map<string, Optimizer>(Object.entries<Optimizer>(optimizers));

  /** The names of the parameters by path, each tensor by the first path it stands at. */
  const named = (params: unknown): Map<Tensor, string> =>
    new Map(
      distinct(params).map(([path, parameter]) => {
        const name = nameOf(path, parameter.shape);
        if (name !== "frozen" && !byName.has(name))
          throw new TrainError(`partition: "${path}" goes to "${name}", but the optimizers are ${[...byName.keys()].join(", ")}`);
        return [parameter, name];
      }),
    );

  const only = <Part>(params: unknown, tree: Part, chosen: (parameter: Tensor) => boolean): Part => {
    const keep = new Set(distinct(params).flatMap(([path, parameter]) => (chosen(parameter) ? [path] : [])));
    return mapTree(tree, (tensor, path) => (keep.has(path) ? tensor : null)) as Part;
  };

  return {
    init(params) {
      const names = named(params);
      return Object.fromEntries([...byName].map(([name, optimizer]) => [name, optimizer.init(only(params, params, (p) => names.get(p) === name))]));
    },
    update(gradients, state, params, context) {
      const names = named(params);
      const groups = [...byName].map(([name, optimizer]) => {
        const mine = (parameter: Tensor): boolean => names.get(parameter) === name;
        const own = state?.[name];
        if (own === undefined) throw new TrainError(`partition: the state has nothing for "${name}"; was it saved by another optimizer?`);
        return { name, optimizer, own, gradients: only(params, gradients, mine), params: only(params, params, mine) };
      });
      // what an optimizer is given up, it may free: another one must not need it
      const donate = (context.donate ?? false) && apart(groups.map((group) => [group.own, group.gradients, group.params]));
      const states: Record<string, OptimizerState> = {};
      const fresh = new Map<string, Tensor>();
      for (const { name, optimizer, own, ...group } of groups) {
        const updated = optimizer.update(group.gradients, own, group.params, { ...context, donate });
        for (const [path, tensor] of distinct(updated.params)) fresh.set(path, tensor);
        states[name] = updated.state;
      }
      return { params: mapParameters(params, (parameter, path) => fresh.get(path) ?? parameter), state: states };
    },
  };
}

/** Whether no two trees share memory. */
function apart(trees: readonly unknown[]): boolean {
  const storages = trees.map((tree) => new Set(tensors(tree).map(({ storage }) => storage)));
  const all = storages.flatMap((some) => [...some]);
  return new Set(all).size === all.length;
}
