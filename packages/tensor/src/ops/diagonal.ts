import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { range } from "./create.ts";
import { equal, where } from "./instructions.ts";
import { expandDims, viewed } from "./views.ts";

/**
 * The elements whose indices on two axes are equal, along the first of these; the second is gone. A view.
 *
 * @throws TensorError when the axes have two sizes.
 */
export function diagonal(x: Tensor, first = -2, second = -1): Tensor {
  const [a, b] = [frontAxis("diagonal", first, x.rank), frontAxis("diagonal", second, x.rank)];
  if (a === b || x.shape[a] !== x.shape[b]) throw new TensorError(`diagonal: expected two axes of one size, got axes ${first} and ${second} of ${x}`);
  const strides = x.strides.map((stride, axis) => (axis === a ? stride + (x.strides[b] as number) : stride));
  const size = x.shape[a] as number;
  const back = (g: Tensor): Tensor => {
    // whether the indices on both axes are equal, with x's rank
    const places = range(0, size, x);
    let same = equal(places, expandDims(places, 1));
    for (let axis = 0; axis < x.rank; axis++) if (axis !== a && axis !== b) same = expandDims(same, axis);
    // the diagonal came to lie along the first axis, so the missing one is put back where it was
    return where(same, expandDims(g, b), 0);
  };
  return viewed(x, x.shape.toSpliced(b, 1), strides.toSpliced(b, 1), x.offset, back);
}
