import { Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import { type BoundModule, isModule, isParam, type Module, type ParamsOf } from "./module.ts";

/**
 * Joins a module with a tree of parameters: a function that computes, whose `params` are the tree. It copies nothing, so a loss binds anew
 * at every step.
 *
 * @throws NnError when the tree lacks a parameter, has one where the module has none, has another shape or another number of blocks.
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
  if (part === null || part === undefined) {
    if (params instanceof Tensor) throw new NnError(`bind: expected nothing at "${path}", which the module leaves out, got ${params}`);
    return null;
  }
  if (isParam(part)) {
    const wanted = `[${part.shape.join(", ")}] at "${path}"`;
    if (!(params instanceof Tensor)) throw new NnError(`bind: expected a tensor ${wanted}, got ${kindOf(params)}`);
    if (String(params.shape) !== String(part.shape)) throw new NnError(`bind: expected ${wanted}, got [${params.shape.join(", ")}]`);
    return params;
  }
  if (isModule(part)) return bindModule(part, params, path);
  if (Array.isArray(part)) {
    if (!Array.isArray(params)) throw new NnError(`bind: expected a list of ${part.length} at "${path}", got ${kindOf(params)}`);
    if (params.length !== part.length) throw new NnError(`bind: expected a list of ${part.length} at "${path}", got one of ${params.length}`);
    return part.map((child, index) => bindPart(child, params[index], under(path, String(index))));
  }
  const inner = params as Readonly<Record<string, unknown>> | null | undefined;
  return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, bindPart(child, inner?.[name], under(path, name))]));
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return value instanceof Tensor ? "a tensor" : Array.isArray(value) ? "a list" : typeof value === "object" ? "a tree" : `a ${typeof value}`;
}
