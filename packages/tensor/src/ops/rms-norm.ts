import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { rsqrt, square } from "./activations.ts";
import { expectFloat32 } from "./check.ts";
import { ones } from "./create.ts";
import { add, mul, sub } from "./instructions.ts";
import { expectRow, type NormOptions } from "./layer-norm.ts";
import { mean, sum } from "./reduce.ts";
import { squeeze } from "./views.ts";

interface Epsilon {
  readonly epsilon: number;
}

const keepAxes = { keepAxes: true };
const reciprocalRoot = (x: Tensor, epsilon: number): Tensor => rsqrt(add(mean(square(x), -1, keepAxes), epsilon));
const leading = (x: Tensor): number[] => Array.from({ length: x.rank - 1 }, (_, axis) => axis);

// As in layerNorm: the composition works out the root again, so that a gradient of the gradient flows through x alone.
const gradient = op<[g: Tensor, x: Tensor, weight: Tensor, reciprocal: Tensor], Epsilon, "rmsNormGradient">("rmsNormGradient", {
  compose: ([g, x, weight], { epsilon }) => {
    const reciprocal = reciprocalRoot(x, epsilon);
    const unit = mul(x, reciprocal);
    const scaled = mul(g, weight);
    const along = mul(unit, mean(mul(scaled, unit), -1, keepAxes));
    return [mul(reciprocal, sub(scaled, along)), sum(mul(g, unit), leading(x))];
  },
  kernel: {
    name: "rmsNormGradient",
    call: (inputs) => {
      const [, x, weight] = inputs;
      const outputs = [
        { shape: x.shape, dtype: "float32" },
        { shape: weight.shape, dtype: "float32" },
      ] as const;
      return { settings: {}, operands: inputs, outputs };
    },
  },
});

const normalized = op<[x: Tensor, weight: Tensor], Epsilon, "rmsNorm">("rmsNorm", {
  compose: ([x, weight], { epsilon }) => {
    const reciprocal = reciprocalRoot(x, epsilon);
    return [mul(mul(x, reciprocal), weight), squeeze(reciprocal, -1)];
  },
  kernel: {
    name: "rmsNorm",
    call: ([x, weight], { epsilon }) => {
      const outputs = [
        { shape: x.shape, dtype: "float32" },
        { shape: x.shape.slice(0, -1), dtype: "float32" },
      ] as const;
      return { settings: {}, operands: [x, weight], scalars: [epsilon], outputs };
    },
  },
  vjp: ({ cotangents: [g], inputs: [x, weight], outputs, settings }) => (g ? gradient([g, x, weight, outputs[1] as Tensor], settings) : [null, null]),
});

/**
 * Root-mean-square normalisation over the last axis, Zhang & Sennrich 2019 (arXiv 1910.07467): `x / √(mean(x²) + epsilon) · weight`. The
 * weight has the last axis' size; null leaves it out.
 *
 * @throws TensorError when it has another.
 */
export function rmsNorm<Rank extends number>(x: Tensor<Rank>, weight: Tensor | null, { epsilon = 1e-6 }: NormOptions = {}): Tensor<Rank> {
  expectFloat32("rmsNorm", x);
  if (weight) expectRow("rmsNorm", "weight", x, weight);
  return normalized([x, weight ?? ones(x.shape.slice(-1), x)], { epsilon })[0] as Tensor<Rank>;
}
