import { type QuantizedBits, type QuantizedIn, type QuantizeOptions, quantize, scoped, type Tensor } from "@ashlar/tensor";
import { NnError } from "./errors.ts";
import type { Source } from "./init.ts";
import { isMatrix, isModule, isParam, type Matrix, type Module, type Param } from "./module.ts";
import type { PartialSource } from "./taken.ts";

/** Parts whose matrices are quantized. */
export type QuantizedParts<Parts, Bits extends QuantizedBits> = Parts extends Matrix
  ? QuantizedIn<Bits, Param<2>>
  : Parts extends Param | null
    ? Parts
    : Parts extends Module<infer Inner, infer Args, infer Output>
      ? Module<QuantizedParts<Inner, Bits>, Args, Output>
      : Parts extends object
        ? { readonly [Name in keyof Parts]: QuantizedParts<Parts[Name], Bits> }
        : Parts;

/** A module over quantized parts; what else it has, the halves of a language model, say, is of the same parts. */
export type QuantizedModule<Whole, Bits extends QuantizedBits> =
  Whole extends Module<infer Parts, infer Args, infer Output>
    ? Module<QuantizedParts<Parts, Bits>, Args, Output> & {
        readonly [Name in Exclude<keyof Whole, keyof Module<unknown, [], unknown>>]: QuantizedModule<Whole[Name], Bits>;
      }
    : Whole;

/** Which weights are quantized, and how. */
export interface QuantizedOptions<Bits extends QuantizedBits = QuantizedBits> extends QuantizeOptions<Bits> {
  /** Which matrices, by path (`body.stack.blocks.0.feedForward.up.weight`); all unless said. */
  readonly where?: (path: string) => boolean;
}

/**
 * The same module with its matrices (those of linear layers and of embeddings, which a tied head shares) kept in 8 or 4 bits: at each the path
 * `….weight` becomes `….weight.int8` (or `int4`) and `….weight.scales`. Everything else is as it was, its computation too. Its parameters come from
 * those of the module: `init(quantized(model, options), quantizing(source))`, or from where they were saved as they are. It can't be trained: a
 * gradient for a quantized weight is an error.
 *
 * @throws NnError for other bits, a group that is no multiple of 32, or a matrix whose input is not whole groups: leave that out by `where`.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { bind, fresh, init, linear, quantized, quantizing } from "@ashlar/nn";
 * import { ones } from "@ashlar/tensor";
 * const device = reference();
 * const layer = quantized(linear(64, 16), { bits: 8 });
 * const params = init(layer, quantizing(fresh(0, { device }))); // { weight: { int8: [16, 16], scales: [16, 2] }, bias: [16] }
 * bind(layer, params)(ones([3, 64], { device })); // [3, 16]
 * ```
 */
export function quantized<Whole extends { readonly kind: "module"; readonly parts: unknown }, Bits extends QuantizedBits>(
  module: Whole,
  { bits, group = 32, where = () => true }: QuantizedOptions<Bits>,
): QuantizedModule<Whole, Bits> {
  if (bits !== 8 && bits !== 4) throw new NnError(`quantized: expected 8 or 4 bits, got ${bits}`);
  if (!Number.isInteger(group) || group < 32 || group % 32 !== 0) throw new NnError(`quantized: expected a group of a multiple of 32, got ${group}`);
  const walk = (part: unknown, path: string): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (isParam(part)) return isMatrix(part) && where(path) ? placesOf(part, { bits, group }, path) : part;
    if (isModule(part)) return { ...part, parts: walk(part.parts, path) };
    if (Array.isArray(part)) return part.map((child, index) => walk(child, under(path, String(index))));
    return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, walk(child, under(path, name))]));
  };
  const parts = walk(module.parts, "");
  const whole = Object.entries(module).map(([name, value]) => {
    if (name === "parts") return [name, parts];
    return [name, isModule(value) ? { ...value, parts: value.parts === module.parts ? parts : walk(value.parts, "") } : value];
  });
  // the types of parts and of quantized parts run in parallel, as those of parts and of bound parts do
  return Object.fromEntries(whole) as QuantizedModule<Whole, Bits>;
}

const under = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function placesOf(
  whole: Matrix,
  { bits, group }: { readonly bits: QuantizedBits; readonly group: number },
  path: string,
): QuantizedIn<QuantizedBits, Param<2>> {
  const [output, input] = whole.shape as [number, number];
  if (input % group !== 0)
    throw new NnError(`quantized: expected an input of whole groups of ${group} at "${path}", got [${output}, ${input}]; leave it out with { where }`);
  const place = (part: "codes" | "scales", columns: number): Param<2> => ({
    kind: "param",
    shape: [output, columns],
    rank: 2,
    lookup: whole.lookup,
    quantized: { part, whole, bits, group },
    initial() {
      throw new NnError(`init: "${path}" is quantized and has no first numbers of its own; use quantizing(fresh(…))`);
    },
  });
  return { [`int${bits}`]: place("codes", (input * bits) / 32), scales: place("scales", input / group) } as unknown as QuantizedIn<QuantizedBits, Param<2>>;
}

/**
 * A source for `init` of a `quantized` module that gets the whole weights from another, one after the other, and quantizes each: so a large
 * checkpoint, read with `waiting: "host"`, never lies on the device in float32. Other parameters are the other source's.
 *
 * @throws what the other source throws; NnError where `taken(…)` has no tensor.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { fresh, init, linear, quantized, quantizing, taken } from "@ashlar/nn";
 * const layer = linear(64, 16);
 * const params = init(layer, fresh(0, { device: reference() }));
 * const smaller = init(quantized(layer, { bits: 4, group: 64 }), quantizing(taken(params)));
 * ```
 */
export function quantizing(source: Source | PartialSource): Source {
  const waiting = new Map<string, Tensor>();
  const get = (path: string, wanted: Param): Tensor => {
    const found = source.read(path, wanted);
    if (!found) throw new NnError(`quantizing: no tensor for "${path}"`);
    return found;
  };
  return {
    read(path, wanted) {
      if (!wanted.quantized) return get(path, wanted);
      const ready = waiting.get(path);
      if (ready) {
        waiting.delete(path);
        return ready;
      }
      const { whole, bits, group } = wanted.quantized;
      const base = path.slice(0, path.lastIndexOf("."));
      const parts = Object.entries(scoped(() => quantize(get(base, whole), { bits, group })));
      for (const [name, tensor] of parts) waiting.set(`${base}.${name}`, tensor as Tensor);
      return this.read(path, wanted);
    },
    done: () => source.done?.(),
  };
}
