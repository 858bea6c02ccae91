import { TensorError } from "../core/errors.ts";
import { op } from "../core/op.ts";
import type { Random } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { elementwise, type Ternary } from "../program/elementwise.ts";
import { expectFloat32 } from "./check.ts";
import { div, less, sub, where } from "./instructions.ts";
import { uniform } from "./random.ts";

const dropped: Ternary = elementwise("dropout", (x, chance, rate) => where(less(chance, rate), 0, div(x, sub(1, rate))));

interface Settings {
  readonly rate: number;
  readonly random: Random;
}

// It is linear, so its gradient is itself with the same random numbers, which are made again rather than kept.
const drop: (inputs: [x: Tensor], settings: Settings) => readonly Tensor[] = op<[x: Tensor], Settings>("dropout", {
  compose: ([x], { rate, random }) => [dropped(x, uniform(random, x.shape, x), rate)],
  vjp: ({ cotangents: [g], settings }) => [g ? (drop([g], settings)[0] as Tensor) : null],
});

/**
 * Sets each element to zero with probability `rate` and divides the rest by `1 − rate`, Srivastava et al. 2014. The same source of random
 * numbers drops the same elements.
 *
 * @throws TensorError unless the rate is in [0, 1).
 */
export function dropout<Rank extends number>(x: Tensor<Rank>, rate: number, random: Random): Tensor<Rank> {
  expectFloat32("dropout", x);
  if (!(rate >= 0 && rate < 1)) throw new TensorError(`dropout: expected a rate in [0, 1), got ${rate}`);
  return rate === 0 ? x : (drop([x], { rate, random })[0] as unknown as Tensor<Rank>);
}
