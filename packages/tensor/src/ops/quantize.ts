import { TensorError } from "../core/errors.ts";
import { op } from "../core/op.ts";
import { scoped } from "../core/scope.ts";
import { Tensor } from "../core/tensor.ts";
import { expectFloat32 } from "./check.ts";
import { clamp } from "./clamp.ts";
import { contiguous, stack } from "./copy.ts";
import { add, div, equal, greaterEqual, less, maximum, mul, neg, remainder, round, sub, toFloat32, toInt32, where } from "./instructions.ts";
import { max, min } from "./reduce.ts";
import { stopGradient } from "./stop-gradient.ts";
import { expandDims, reshape, slice, squeeze } from "./views.ts";

/** In how many bits the numbers of a quantized weight are kept. */
export type QuantizedBits = 8 | 4;

/** The parts of a weight that is kept in so many bits: its codes, under the name of their width, and a scale for each group of them. */
export type QuantizedIn<Bits extends QuantizedBits, Of = Tensor<2>> = { readonly [Name in `int${Bits}`]: Of } & { readonly scales: Of };

/**
 * A weight `[output, input]` that is quantized in groups along its input: codes int32 `[output, input · bits / 32]`, packed with the first in the
 * lowest bits of a word, under the name `int8` or `int4`, and scales float32 `[output, input / group]`. It stands for
 * `scale · (code − 2^(bits − 1))`. `affine` and `take` read it as it lies. It is a plain tree of two tensors: scopes, `tensors` and checkpoints take
 * it as such.
 */
export type Quantized = QuantizedIn<8> | QuantizedIn<4>;

/** How a weight is quantized. */
export interface QuantizeOptions<Bits extends QuantizedBits = QuantizedBits> {
  /** The bits of a code: 8 or 4. */
  readonly bits: Bits;
  /** How many neighbours share a scale, a multiple of 32; 32 unless said. */
  readonly group?: number;
}

/** Whether a weight is quantized. */
export function isQuantized(weight: Tensor | Quantized): weight is Quantized {
  return !(weight instanceof Tensor);
}

/** The parts of a quantized weight, and what follows from their shapes. */
export function quantizedParts(weight: Quantized): { bits: QuantizedBits; codes: Tensor<2>; scales: Tensor<2>; output: number; input: number; group: number } {
  const bits: QuantizedBits = "int8" in weight ? 8 : 4;
  const codes = "int8" in weight ? weight.int8 : weight.int4;
  const { scales } = weight;
  const [output, words] = codes.shape as [number, number];
  const input = (words * 32) / bits;
  return { bits, codes, scales, output, input, group: input / (scales.shape[1] as number) };
}

/** The weight that has these parts. */
export function asQuantized(bits: QuantizedBits, codes: Tensor, scales: Tensor): Quantized {
  return { [`int${bits}`]: codes, scales } as unknown as Quantized;
}

/** A quantized weight as errors name it. */
export function showQuantized(weight: Quantized): string {
  const { bits, output, input, group } = quantizedParts(weight);
  return `[${output}, ${input}] in int${bits} by ${group}`;
}

/**
 * A float32 weight `[output, input]` in 8 or 4 bits: in each group of neighbours along its input the scale is the smallest with which all of them fit,
 * rounded to the nearest code, so every number is off by at most half its group's scale, which is at most the group's largest magnitude divided by
 * 2^(bits − 1) − 1. A scale may be negative: the sign is that which puts the larger side of the group on the side that has one code more. A group with
 * a NaN or an Infinity becomes NaN. No gradient goes through it.
 *
 * @throws TensorError unless the weight has two axes and its input is a multiple of the group.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { affine, ones, quantize } from "@ashlar/tensor";
 * const device = reference();
 * const weight = quantize(ones([16, 64], { device }), { bits: 8 }); // { int8: [16, 16], scales: [16, 2] }
 * affine(ones([3, 64], { device }), weight, null); // [3, 16]
 * ```
 */
export function quantize<Bits extends QuantizedBits>(weight: Tensor, { bits, group = 32 }: QuantizeOptions<Bits>): QuantizedIn<Bits> {
  expectFloat32("quantize", weight);
  expectBits(bits);
  const [output, input] = weight.shape as [number, number];
  if (weight.rank !== 2) throw new TensorError(`quantize: expected a weight [output, input], got ${weight}`);
  expectGroup("quantize", input, group);
  return scoped(() => {
    const half = 2 ** (bits - 1);
    const groups = reshape(contiguous(stopGradient(weight)), [output, input / group, group]);
    const [least, most] = [min(groups, -1), max(groups, -1)];
    const up = maximum(mul(least, -1 / half), mul(most, 1 / (half - 1)));
    const down = maximum(mul(most, 1 / half), mul(least, -1 / (half - 1)));
    const scale = where(less(down, up), neg(down), up);
    const scales = add(scale, sub(scale, scale)); // Infinity becomes NaN
    const each = expandDims(scales, -1);
    const nearest = clamp(round(div(groups, where(equal(each, 0), 1, each))), -half, half - 1);
    const codes = toInt32(where(equal(nearest, nearest), add(nearest, half), 0)); // a group of NaN says so by its scale
    return asQuantized(bits, packed(reshape(codes, [output, input]), bits), scales) as QuantizedIn<Bits>;
  });
}

/** @throws TensorError unless a weight of such an input can be cut in such groups. */
export function expectGroup(where: string, input: number, group: number): void {
  if (!Number.isInteger(group) || group < 32 || group % 32 !== 0) throw new TensorError(`${where}: expected a group of a multiple of 32, got ${group}`);
  if (input % group !== 0) throw new TensorError(`${where}: expected an input of whole groups of ${group}, got ${input}; leave this weight as it is`);
}

/** @throws TensorError unless there are codes of so many bits. */
export function expectBits(bits: number): void {
  if (bits !== 8 && bits !== 4) throw new TensorError(`quantize: expected 8 or 4 bits, got ${bits}`);
}

const whole = op<[codes: Tensor, scales: Tensor], { readonly bits: QuantizedBits }>("dequantize", {
  compose: ([codes, scales], { bits }) => {
    const numbers = unpacked(codes, bits);
    const [output, groups] = scales.shape as [number, number];
    const input = ((codes.shape[1] as number) * 32) / bits;
    return [reshape(mul(reshape(numbers, [output, groups, input / groups]), expandDims(scales, -1)), [output, input])];
  },
  vjp: ({ wanted }) => {
    if (wanted[1]) throw untrainable("dequantize");
    return [null, null];
  },
});

/**
 * The float32 weight `[output, input]` that a quantized one stands for.
 *
 * @throws TensorError when a gradient is asked for its scales.
 */
export function dequantize(weight: Quantized): Tensor<2> {
  const { bits, codes, scales } = quantizedParts(weight);
  return whole([codes, scales], { bits })[0] as Tensor<2>;
}

/** What is thrown where a gradient is asked for a quantized weight. */
export function untrainable(where: string): TensorError {
  return new TensorError(
    `${where}: a quantized weight has no gradient; train the float32 weights and quantize them afterwards, or give valueAndGrad only what is trained`,
  );
}

/** Codes [rows, columns], from 0 to 2^bits − 1, in words. The highest one of a word is its sign. */
function packed(codes: Tensor, bits: QuantizedBits): Tensor {
  const perWord = 32 / bits;
  const [rows, columns] = codes.shape as [number, number];
  const places = reshape(codes, [rows, columns / perWord, perWord]);
  const at = (place: number): Tensor => squeeze(slice(places, -1, { start: place, end: place + 1 }), -1);
  const last = at(perWord - 1);
  let words: Tensor = mul(where(greaterEqual(last, 2 ** (bits - 1)), sub(last, 2 ** bits), last), 2 ** (bits * (perWord - 1)));
  for (let place = 0; place < perWord - 1; place++) words = add(words, mul(at(place), 2 ** (bits * place)));
  return words;
}

/** What the codes of words [rows, words] stand for, before the scale: float32 [rows, words, codes in a word]. Exact, for every step is. */
function unpacked(words: Tensor, bits: QuantizedBits): Tensor {
  const [perWord, half] = [32 / bits, 2 ** (bits - 1)];
  const parts: Tensor[] = [];
  let below: Tensor | undefined;
  for (let place = 0; place < perWord; place++) {
    const upTo = place === perWord - 1 ? words : remainder(words, 2 ** (bits * (place + 1)));
    const alone = mul(toFloat32(below ? sub(upTo, below) : upTo), 2 ** (-bits * place));
    parts.push(place === perWord - 1 ? where(less(alone, 0), add(alone, half), sub(alone, half)) : sub(alone, half));
    below = upTo;
  }
  return stack(parts, -1);
}
