import type { Device } from "@ashlar/backend";
import type { QuantizedBits, Random, Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";

/** The first numbers of a parameter: a function of its shape, a stream of random numbers of its own, and the device. */
export type Initial = (shape: readonly number[], random: Random, device: Device) => Tensor;

/** A place for one tensor of weights: its shape and its first numbers. */
export interface Param<Rank extends number = number> {
  /** Tells it from other parts. */
  readonly kind: "param";
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** How many axes it has. */
  readonly rank: Rank;
  /** How it begins. */
  readonly initial: Initial;
  /** Whether its rows are looked up, by `take`, instead of multiplied with: `describe` counts no FLOPs for it, and it may be kept in 16 bits. */
  readonly lookup: boolean;
  /** For a part of a weight that is kept quantized: the weight, and which part it is. */
  readonly quantized?: QuantizedPlace;
}

/** A matrix that is read by `affine` and `take` alone, which take it quantized as well: `quantized(model, …)` replaces it. */
export interface Matrix extends Param<2> {
  /** Tells it from other parameters. */
  readonly quantizable: true;
}

/** What a part of a quantized weight belongs to. */
export interface QuantizedPlace {
  /** Which part it is. */
  readonly part: "codes" | "scales";
  /** The weight that is quantized. */
  readonly whole: Matrix;
  /** The bits of a code. */
  readonly bits: QuantizedBits;
  /** How many neighbours share a scale. */
  readonly group: number;
}

/**
 * What has named parts and computes with them. It holds no numbers: `init` makes a tree of parameters for it, `bind` joins the two.
 */
export interface Module<Parts, Args extends readonly unknown[], Output> {
  /** Tells it from other parts. */
  readonly kind: "module";
  /** Its parameters and the modules inside it, by name; null is a part left out. */
  readonly parts: Parts;
  /** The computation, over bound parts. */
  readonly compute: (bound: Bound<Parts>, ...args: Args) => Output;
}

/** Any module with these arguments and output, whatever its parts. */
// biome-ignore lint/suspicious/noExplicitAny: the parts of a module appear on both sides of a function type, so only any stands for all of them
export type AnyModule<Args extends readonly unknown[], Output> = Module<any, Args, Output>;

/** The tree of tensors that belongs to parts. */
export type ParamsOf<Parts> =
  Parts extends Param<infer Rank>
    ? Tensor<Rank>
    : Parts extends null
      ? null
      : Parts extends Module<infer Inner, infer _Args, infer _Output>
        ? ParamsOf<Inner>
        : Parts extends object
          ? { readonly [Name in keyof Parts]: ParamsOf<Parts[Name]> }
          : never;

/** The tree of parameters of a module. */
export type Params<M extends { readonly parts: unknown }> = ParamsOf<M["parts"]>;

/** A module joined with its parameters: call it, or read them. */
export type BoundModule<Inner, Args extends readonly unknown[], Output> = ((...args: Args) => Output) & {
  /** Its parameters, for what shares them (a head tied to an embedding). */
  readonly params: ParamsOf<Inner>;
};

/** Parts as a computation sees them: tensors for parameters, functions for modules. */
export type Bound<Parts> = 0 extends 1 & Parts
  ? // biome-ignore lint/suspicious/noExplicitAny: any parts are bound to anything, so that every module is an AnyModule
    any
  : Parts extends Param<infer Rank>
    ? Tensor<Rank>
    : Parts extends null
      ? null
      : Parts extends Module<infer Inner, infer Args, infer Output>
        ? BoundModule<Inner, Args, Output>
        : Parts extends object
          ? { readonly [Name in keyof Parts]: Bound<Parts[Name]> }
          : never;

/**
 * A module from its named parts and what they compute. The type of its parameters, their names in a checkpoint, their shapes and first
 * numbers all follow from the parts.
 *
 * @example
 * ```ts
 * import { define, normal, param, zeros } from "@ashlar/nn";
 * import { affine, type Tensor } from "@ashlar/tensor";
 * const linear = (input: number, output: number) =>
 *   define({ weight: param([output, input], normal(0.02)), bias: param([output], zeros) }, ({ weight, bias }, x: Tensor) => affine(x, weight, bias));
 * ```
 */
export function define<const Parts extends object, Args extends readonly unknown[], Output>(
  parts: Parts,
  compute: (bound: Bound<Parts>, ...args: Args) => Output,
): Module<Parts, Args, Output> {
  return { kind: "module", parts, compute };
}

/**
 * A place for a tensor of weights: its shape, and how it begins. A table whose rows are looked up, by `take`, says so (`describe` counts no FLOPs for it,
 * and `casting` may keep it in 16 bits).
 *
 * @throws NnError when a size is not a whole number.
 *
 * @example
 * ```ts
 * import { normal, param } from "@ashlar/nn";
 * const weight = param([512, 128], normal(0.02));
 * ```
 */
export function param<const Sizes extends readonly number[]>(
  shape: Sizes,
  initial: Initial,
  { lookup = false }: { readonly lookup?: boolean } = {},
): Param<Sizes["length"]> {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) throw new NnError(`param: expected whole sizes, got [${shape.join(", ")}]`);
  return { kind: "param", shape, rank: shape.length, initial, lookup };
}

/**
 * A `param` for a matrix `[output, input]`, or a table of rows, that a module reads by `affine(x, weight, bias)` or `take(weight, ids)` alone: so it may
 * also be kept in 16, 8 or 4 bits, see `casting` and `quantized`.
 *
 * @throws NnError when a size is not a whole number.
 *
 * @example
 * ```ts
 * import { define, matrix, normal } from "@ashlar/nn";
 * import { affine, type Tensor } from "@ashlar/tensor";
 * const projection = (input: number, output: number) =>
 *   define({ weight: matrix([output, input], normal(0.02)) }, ({ weight }, x: Tensor) => affine(x, weight, null));
 * ```
 */
export function matrix(shape: readonly [output: number, input: number], initial: Initial, options: { readonly lookup?: boolean } = {}): Matrix {
  return { ...param(shape, initial, options), quantizable: true };
}

/** Whether a part is a parameter. */
export function isParam(part: unknown): part is Param {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "param";
}

/** Whether a parameter is read by `affine` and `take` alone. */
export function isMatrix(part: Param): part is Matrix {
  return "quantizable" in part;
}

/** Whether a part is a module. */
export function isModule(part: unknown): part is AnyModule<readonly unknown[], unknown> {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "module";
}
