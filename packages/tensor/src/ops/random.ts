import { elementCount, threefry } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { launch } from "../core/launch.ts";
import type { Random } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { fromData, type Placement } from "./create.ts";
import { less } from "./instructions.ts";

/** Where random numbers are made. */
export type RandomPlacement = Pick<Placement, "device">;

/** A normal distribution. */
export interface NormalOptions extends RandomPlacement {
  /** Its mean, 0 unless said. */
  readonly mean?: number;
  /** Its standard deviation, 1 unless said. */
  readonly deviation?: number;
}

/** The first numbers of a source, uniform in [0, 1), as a host array: those that `uniform` gives on every device. */
export function uniformData({ state: [first, second] }: Random, length: number): Float32Array {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i += 2) {
    const [a, b] = threefry(first, second, i / 2, 0);
    // the upper 24 bits: what a float32 holds exactly
    data[i] = (a >>> 8) / 2 ** 24;
    if (i + 1 < length) data[i + 1] = (b >>> 8) / 2 ** 24;
  }
  return data;
}

/** Uniform float32 numbers in [0, 1), multiples of 2⁻²⁴. The same source and shape give the same numbers on every device. */
export function uniform<const Sizes extends readonly number[]>(random: Random, shape: Sizes, { device }: RandomPlacement): Tensor<Sizes["length"]> {
  if (!device.kernels.random) return fromData(uniformData(random, elementCount(shape)), shape, { device });
  const [output] = launch(device, "random", { settings: {}, operands: [], scalars: random.state, outputs: [{ shape, dtype: "float32" }] });
  return output as unknown as Tensor<Sizes["length"]>;
}

/** Two independent normal numbers out of two random words: Box & Muller 1958, in double precision. */
function boxMuller([a, b]: readonly [number, number]): [number, number] {
  // half a step away from 0, whose logarithm is infinite
  const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
  const angle = (2 * Math.PI * b) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Normal float32 numbers. They are made on the host, so all devices get the same. */
export function normal<const Sizes extends readonly number[]>(
  { state: [first, second] }: Random,
  shape: Sizes,
  { device, mean = 0, deviation = 1 }: NormalOptions,
): Tensor<Sizes["length"]> {
  const data = new Float32Array(elementCount(shape));
  for (let i = 0; i < data.length; i += 2) {
    const [a, b] = boxMuller(threefry(first, second, i / 2, 0));
    data[i] = mean + deviation * a;
    // past the end of an odd length this writes nothing
    data[i + 1] = mean + deviation * b;
  }
  return fromData(data, shape, { device });
}

/** Normal float32 numbers, drawn again while they are more than two deviations from the mean. */
export function truncatedNormal<const Sizes extends readonly number[]>(
  { state: [first, second] }: Random,
  shape: Sizes,
  { device, mean = 0, deviation = 1 }: NormalOptions,
): Tensor<Sizes["length"]> {
  const draw = (index: number): number => {
    for (let attempt = 0; ; attempt++) {
      const pair = boxMuller(threefry(first, second, index, attempt));
      const inside = pair.find((number) => Math.abs(number) <= 2);
      if (inside !== undefined) return inside;
    }
  };
  const data = new Float32Array(elementCount(shape)).map((_, index) => mean + deviation * draw(index));
  return fromData(data, shape, { device });
}

/** Bools that hold with a probability. @throws TensorError unless it is from 0 to 1. */
export function bernoulli<const Sizes extends readonly number[]>(
  random: Random,
  shape: Sizes,
  probability: number,
  placement: RandomPlacement,
): Tensor<Sizes["length"]> {
  if (!(probability >= 0 && probability <= 1)) throw new TensorError(`bernoulli: expected a probability from 0 to 1, got ${probability}`);
  return less(uniform(random, shape, placement), probability) as unknown as Tensor<Sizes["length"]>;
}

/** Whole int32 numbers, each from `low` to `high − 1` alike, made on the host. @throws TensorError when there are none. */
export function randomIntegers<const Sizes extends readonly number[]>(
  { state: [first, second] }: Random,
  shape: Sizes,
  { device, low = 0, high }: RandomPlacement & { readonly low?: number; readonly high: number },
): Tensor<Sizes["length"]> {
  if (!(Number.isInteger(low) && Number.isInteger(high) && low < high && low >= -(2 ** 31) && high <= 2 ** 31))
    throw new TensorError(`randomIntegers: expected whole numbers low < high of 32 bits, got ${low} and ${high}`);
  const word = (index: number): number => threefry(first, second, index >>> 1, 0)[index & 1] as number;
  const data = new Int32Array(elementCount(shape)).map((_, index) => low + Math.floor((word(index) / 2 ** 32) * (high - low)));
  return fromData(data, shape, { device });
}
