import { TensorError } from "../core/errors.ts";
import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { rsqrt, square } from "./activations.ts";
import { expectFloat32 } from "./check.ts";
import { ones, zeros } from "./create.ts";
import { add, mul, sub } from "./instructions.ts";
import { mean, sum } from "./reduce.ts";
import { squeeze } from "./views.ts";

/** The settings of a normalisation. */
export interface NormOptions {
  /** What is added under the root, against division by zero. */
  readonly epsilon?: number;
}

interface Epsilon {
  readonly epsilon: number;
}

const keepAxes = { keepAxes: true };

/** The mean, the reciprocal deviation, and x after both. */
function standardized(x: Tensor, epsilon: number): { centre: Tensor; reciprocal: Tensor; unit: Tensor } {
  const centre = mean(x, -1, keepAxes);
  const centred = sub(x, centre);
  const reciprocal = rsqrt(add(mean(square(centred), -1, keepAxes), epsilon));
  return { centre, reciprocal, unit: mul(centred, reciprocal) };
}

const leading = (x: Tensor): number[] => Array.from({ length: x.rank - 1 }, (_, axis) => axis);

// The composition works out the statistics again, so that a gradient of the gradient flows through x alone; the kernel takes those kept.
const gradient = op<[g: Tensor, x: Tensor, weight: Tensor, centre: Tensor, reciprocal: Tensor], Epsilon, "layerNormGradient">("layerNormGradient", {
  compose: ([g, x, weight], { epsilon }) => {
    const { reciprocal, unit } = standardized(x, epsilon);
    const scaled = mul(g, weight);
    const along = mul(unit, mean(mul(scaled, unit), -1, keepAxes));
    const flow = mul(reciprocal, sub(sub(scaled, mean(scaled, -1, keepAxes)), along));
    return [flow, sum(mul(g, unit), leading(x)), sum(g, leading(x))];
  },
  kernel: {
    name: "layerNormGradient",
    call: (inputs) => {
      const [, x, weight] = inputs;
      const like = (shape: readonly number[]) => ({ shape, dtype: "float32" }) as const;
      return { settings: {}, operands: inputs, outputs: [like(x.shape), like(weight.shape), like(weight.shape)] };
    },
  },
});

const normalized = op<[x: Tensor, weight: Tensor, bias: Tensor], Epsilon, "layerNorm">("layerNorm", {
  compose: ([x, weight, bias], { epsilon }) => {
    const { centre, reciprocal, unit } = standardized(x, epsilon);
    return [add(mul(unit, weight), bias), squeeze(centre, -1), squeeze(reciprocal, -1)];
  },
  kernel: {
    name: "layerNorm",
    call: ([x, weight, bias], { epsilon }) => {
      const rows = { shape: x.shape.slice(0, -1), dtype: "float32" } as const;
      return { settings: {}, operands: [x, weight, bias], scalars: [epsilon], outputs: [{ shape: x.shape, dtype: "float32" }, rows, rows] };
    },
  },
  vjp: ({ cotangents: [g], inputs: [x, weight], outputs, settings }) => {
    if (!g) return [null, null, null];
    const [, centre, reciprocal] = outputs as [Tensor, Tensor, Tensor];
    return gradient([g, x, weight, centre, reciprocal], settings);
  },
});

/** @throws TensorError unless `part` is a float32 row for the last axis of x. */
export function expectRow(where: string, name: string, x: Tensor, part: Tensor): void {
  if (part.rank !== 1 || part.shape[0] !== x.shape.at(-1) || part.dtype !== "float32")
    throw new TensorError(`${where}: expected ${name} float32 [${x.shape.at(-1)}] for x [${x.shape.join(", ")}], got ${part}`);
}

/**
 * Layer normalisation over the last axis, Ba et al. 2016 (arXiv 1607.06450): `(x − mean) / √(variance + epsilon) · weight + bias`. Weight and
 * bias have the last axis' size; null leaves one out.
 *
 * @throws TensorError when they have another.
 */
export function layerNorm<Rank extends number>(
  x: Tensor<Rank>,
  weight: Tensor | null,
  bias: Tensor | null,
  { epsilon = 1e-5 }: NormOptions = {},
): Tensor<Rank> {
  expectFloat32("layerNorm", x);
  if (weight) expectRow("layerNorm", "weight", x, weight);
  if (bias) expectRow("layerNorm", "bias", x, bias);
  const row = x.shape.slice(-1);
  return normalized([x, weight ?? ones(row, x), bias ?? zeros(row, x)], { epsilon })[0] as Tensor<Rank>;
}
