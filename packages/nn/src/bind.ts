import { Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import { type BoundModule, isModule, isParam, type Module, type ParamsOf } from "./module.ts";

/**
 * Joins a module with a tree of parameters: a function that computes, whose `params` are the tree.
 *
 * @throws NnError when the tree lacks a parameter or one has another shape.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, fresh, init, linear } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = linear(3, 2);
 * const y = bind(layer, init(layer, fresh(0, { device })))(ones([5, 3], { device })); // [5, 2]
 * ```
 */
export function bind<Parts, Args extends readonly unknown[], Output>(
  module: Module<Parts, Args, Output>,
  params: ParamsOf<Parts>,
): BoundModule<Parts, Args, Output> {
  return bindModule(module, params, "") as unknown as BoundModule<Parts, Args, Output>;
}

// The types of a tree of parts and of its bound form run in parallel; they are checked where `bind` is called, not while walking.
type Compute = (bound: unknown, ...args: unknown[]) => unknown;

function bindModule(module: { parts: unknown; compute: unknown }, params: unknown, path: string): unknown {
  const bound = bindPart(module.parts, params, path);
  const compute = module.compute as Compute;
  return Object.assign((...args: unknown[]) => compute(bound, ...args), { params });
}

const under = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function bindPart(part: unknown, params: unknown, path: string): unknown {
  if (part === null || part === undefined) return null;
  if (isParam(part)) {
    if (!(params instanceof Tensor))
      throw new NnError(`bind: expected a tensor [${part.shape.join(", ")}] at "${path}", got ${params === undefined ? "nothing" : typeof params}`);
    if (String(params.shape) !== String(part.shape))
      throw new NnError(`bind: expected [${part.shape.join(", ")}] at "${path}", got [${params.shape.join(", ")}]`);
    return params;
  }
  if (isModule(part)) return bindModule(part, params, path);
  const children = Object.entries(part as object).map(([name, child]) => {
    const inner = (params as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    return [name, bindPart(child, inner, under(path, name))] as const;
  });
  return Array.isArray(part) ? children.map(([, child]) => child) : Object.fromEntries(children);
}
