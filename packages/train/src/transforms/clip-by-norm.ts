import { add, type Binary, div, elementwise, minimum, mul, paths, type SumOf, scoped, sqrt, sumOf, type Tensor } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import type { GradientTransform } from "../optimizers/optimizer.ts";
import { GivenUp } from "../release.ts";
import { distinct, type Gradients, mapGradients } from "../trees.ts";

const sumOfSquares: SumOf = sumOf("sum of squares", 1, (x) => mul(x, x));
// PyTorch's rule: the small number keeps a norm of zero from dividing; optax has none, so its factors are larger by 1e-6 / norm.
const factorOf: Binary = elementwise("clipByNorm factor", (norm, max) => minimum(1, div(max, add(norm, 1e-6))));

/** The root of the sum of squares over all gradients, a scalar. A shared parameter counts once. @throws TrainError when there is no gradient. */
export function globalNorm<Params>(gradients: Gradients<Params>, params: Params): Tensor {
  return scoped(() => {
    const own = new Set(distinct(params).map(([path]) => path));
    const squares = paths(gradients).flatMap(([path, gradient]) => (own.has(path) ? [sumOfSquares([gradient])] : []));
    if (squares.length === 0) throw new TrainError("globalNorm: there is no gradient; is there a float32 parameter that is trained?");
    return sqrt(squares.reduce((total, square) => add(total, square)));
  });
}

/**
 * Scales all gradients by one factor, so that their norm over all parameters is at most `max`: `min(1, max / (norm + 1e-6))`, PyTorch's
 * `clip_grad_norm_`, Pascanu et al. 2013. Nothing is read back: the factor stays on the device. The norm is reported with the step; with
 * `Infinity` it is only measured.
 *
 * @throws TrainError unless `max` is above 0.
 */
export function clipByNorm(max: number): GradientTransform<null> {
  if (!(max > 0)) throw new TrainError(`clipByNorm: max must be above 0, got ${max}`);
  return {
    init: () => null,
    transform(gradients, _, params, { donate = false }) {
      const gradientNorm = globalNorm(gradients, params);
      if (max === Number.POSITIVE_INFINITY) return { gradients, state: null, gradientNorm };
      const given = new GivenUp(donate ? distinct(gradients).map(([, gradient]) => gradient) : [], params);
      const clipped = scoped(() => {
        const factor = factorOf(gradientNorm, max);
        return mapGradients(gradients, (gradient) => {
          const scaled = mul(gradient, factor);
          if (donate) given.done([gradient], scaled);
          return scaled;
        });
      });
      return { gradients: clipped, state: null, gradientNorm };
    },
  };
}
