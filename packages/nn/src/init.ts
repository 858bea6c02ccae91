import type { Device } from "@ashlar/backend";
import { type Random, random, type Tensor } from "@ashlar/tensor";
import { describe } from "./describe.ts";
import { NnError } from "./errors.ts";
import { isModule, isParam, type Module, type Param, type ParamsOf } from "./module.ts";
import type { PartialSource } from "./taken.ts";

/** Where the numbers of a model come from: fresh ones, a checkpoint, another tree. */
export interface Source {
  /** Called first, with the bytes of all parameters in float32: a source may refuse what there is no room for. */
  begin?(bytes: number): void;
  /** The tensor for a parameter. @throws when there is none or it has another shape. */
  read(path: string, wanted: Param): Tensor;
  /** Called once everything was read: a source may complain of what nobody asked for. */
  done?(): void;
}

/**
 * Makes the tree of parameters of a module from a source, asking it for each by its path: `blocks.0.norm.weight`. Fresh and saved numbers take
 * one path.
 *
 * @throws what the source throws: one that has no tensor for a path says so when it is asked.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { fresh, init, linear } from "@ashlar/nn";
 * const params = init(linear(3, 2), fresh(0, { device: reference() })); // { weight: [2, 3], bias: [2] }
 * ```
 */
export function init<Parts, Args extends readonly unknown[], Output>(module: Module<Parts, Args, Output>, source: Source): ParamsOf<Parts> {
  source.begin?.(4 * describe(module).count);
  const params = read(module.parts, "", source) as ParamsOf<Parts>;
  source.done?.();
  return params;
}

function read(part: unknown, path: string, source: Source): unknown {
  if (part === null || part === undefined) return null;
  if (isParam(part)) return source.read(path, part);
  if (isModule(part)) return read(part.parts, path, source);
  const children = Object.entries(part as object).map(([name, child]) => [name, read(child, path === "" ? name : `${path}.${name}`, source)] as const);
  return Array.isArray(part) ? children.map(([, child]) => child) : Object.fromEntries(children);
}

/**
 * Fresh numbers: each parameter draws from a stream split from the seed by its path, so that adding a layer does not change another's. One
 * seed gives the same numbers on every device.
 *
 * `init` then throws an NnError when the device says that it has no room for all of them, before it makes the first.
 */
export function fresh(seed: number | Random, { device }: { readonly device: Device }): Source {
  const root = typeof seed === "number" ? random(seed) : seed;
  return {
    begin: (bytes) => expectRoom(device, bytes),
    read: (path, { shape, initial }) => initial(shape, root.split(path), device),
  };
}

function expectRoom(device: Device, bytes: number): void {
  const { live, limit = Number.POSITIVE_INFINITY } = device.memory();
  if (bytes <= limit - live) return;
  const megabytes = (count: number): string => `${(count / 1e6).toFixed(1)} MB`;
  throw new NnError(
    `init: the parameters take ${megabytes(bytes)}, and ${device.name} has room for ${megabytes(limit - live)} (${megabytes(live)} of ${megabytes(limit)} are in use); free some, take a smaller model or a device with more memory`,
  );
}

/**
 * A source that takes what `first` has and gets the rest from `second`: a pretrained body under a fresh head. `first` is `taken(params)`, the
 * `partial` of a checkpoint, or anything that gives a tensor or undefined. What it has and nobody asks for is left.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { fresh, init, linear, replace, taken } from "@ashlar/nn";
 * const device = reference();
 * const body = linear(4, 4);
 * const pretrained = init(body, fresh(0, { device }));
 * const params = init(body, replace(taken(pretrained), fresh(1, { device })));
 * ```
 */
export function replace(first: PartialSource, second: Source): Source {
  return { read: (path, wanted) => first.read(path, wanted) ?? second.read(path, wanted), done: () => first.done?.() };
}
