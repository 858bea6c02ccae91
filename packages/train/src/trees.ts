import { type Mapped, mapTree, paths, type Tensor } from "@ashlar/tensor";

/** The gradients of a tree of parameters: at each place the parameter's gradient, or null where it is not trained. */
export type Gradients<Params> = Mapped<Params, Tensor>;

/** Each parameter once, under the first path it stands at, even where parts of a model share it. */
export function distinct(params: unknown): [path: string, parameter: Tensor][] {
  const seen = new Set<Tensor>();
  return paths(params).filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor));
}

/** Parameters of the same form, each replaced once, so that what was shared stays shared. */
export function mapParameters<Params>(params: Params, change: (parameter: Tensor, path: string) => Tensor): Params {
  const made = new Map<Tensor, Tensor>();
  return mapTree(params, (parameter, path) => {
    const known = made.get(parameter);
    if (known) return known;
    const fresh = change(parameter, path);
    made.set(parameter, fresh);
    return fresh;
  }) as Params;
}

/** Gradients of the same form, each replaced once, so that what was shared stays shared. */
export function mapGradients<Params>(gradients: Gradients<Params>, change: (gradient: Tensor, path: string) => Tensor): Gradients<Params> {
  return mapParameters(gradients, change);
}

/** Gradients made for each parameter, once even where it stands in several places. Two parameters may have one gradient and need different ones. */
export function gradientsFor<Params>(params: Params, make: (parameter: Tensor, path: string) => Tensor | null): Gradients<Params> {
  const made = new Map(distinct(params).map(([path, parameter]) => [parameter, make(parameter, path)]));
  return mapTree(params, (parameter) => made.get(parameter) ?? null) as Gradients<Params>;
}
