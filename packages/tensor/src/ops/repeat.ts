import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { expectShape, frontAxis } from "./axes.ts";
import { broadcastTo, expandDims, reshape } from "./views.ts";

/** Each element `times` times in a row along an axis: `[a, b]` becomes `[a, a, b, b]`. @throws TensorError unless `times` is a whole number. */
export function repeat<Rank extends number>(x: Tensor<Rank>, times: number, axis = -1): Tensor<Rank> {
  const at = frontAxis("repeat", axis, x.rank);
  expectShape("repeat", [times]);
  const apart = expandDims(x, at + 1);
  const shape = apart.shape.map((size, index) => (index === at + 1 ? times : size));
  return reshape(
    broadcastTo(apart, shape),
    x.shape.map((size, index) => (index === at ? size * times : size)),
  ) as unknown as Tensor<Rank>;
}

/** The whole, `times[axis]` times along each axis: `[a, b]` becomes `[a, b, a, b]`. @throws TensorError unless there is a number an axis. */
export function tile<Rank extends number>(x: Tensor<Rank>, times: readonly number[]): Tensor<Rank> {
  if (times.length !== x.rank) throw new TensorError(`tile: expected a number for each of ${x.rank} axes, got [${times.join(", ")}]`);
  expectShape("tile", times);
  const apart = reshape(
    x,
    x.shape.flatMap((size) => [1, size]),
  );
  const repeated = broadcastTo(
    apart,
    x.shape.flatMap((size, axis) => [times[axis] as number, size]),
  );
  return reshape(
    repeated,
    x.shape.map((size, axis) => size * (times[axis] as number)),
  ) as unknown as Tensor<Rank>;
}
