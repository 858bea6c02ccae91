import type { DType, ReduceKind } from "@ashlar/backend";
import { launch } from "../core/launch.ts";
import { record } from "../core/tape.ts";
import type { Tensor } from "../core/tensor.ts";
import { frontAxes } from "./axes.ts";
import { expectFloat32 } from "./check.ts";
import { div, equal, mul, sub, toFloat32, toInt32 } from "./instructions.ts";
import { broadcastTo, reshape } from "./views.ts";

/** How a reduction leaves its axes. */
export interface ReduceOptions {
  /** Whether folded axes stay, with size 1. */
  readonly keepAxes?: boolean;
}

/** One axis or some; negative ones count from the last. */
export type Axes = number | readonly number[];

function folded(kind: ReduceKind, x: Tensor, axes: readonly number[], dtype: DType): Tensor {
  const shape = x.shape.filter((_, axis) => !axes.includes(axis));
  return launch(x.device, "reduce", { settings: { kind, axes }, operands: [x], outputs: [{ shape, dtype }] })[0] as Tensor;
}

/** A shape with size 1 where axes were folded. */
export const kept = (shape: readonly number[], axes: readonly number[]): number[] => shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
const shaped = (y: Tensor, x: Tensor, axes: readonly number[], { keepAxes = false }: ReduceOptions): Tensor => (keepAxes ? reshape(y, kept(x.shape, axes)) : y);

/** The sum over some axes, all unless said. Bools are counted. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const over = frontAxes("sum", axes, x.rank);
  if (over.length === 0) return x.dtype === "bool" ? toInt32(x) : x;
  const output = folded("sum", x, over, x.dtype === "bool" ? "int32" : x.dtype);
  record({ inputs: [x], outputs: [output], pull: ([g]) => [g ? broadcastTo(reshape(g, kept(x.shape, over)), x.shape) : null] });
  return shaped(output, x, over, options);
}

/** The float32 mean over some axes, all unless said; of bools, the share that holds. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const over = frontAxes("mean", axes, x.rank);
  return div(
    sum(x.dtype === "float32" ? x : toFloat32(x), over, options),
    over.reduce((count, axis) => count * (x.shape[axis] as number), 1),
  );
}

/** The gradient of an extreme: shared evenly among the elements that tie for it. */
function extreme(kind: "maximum" | "minimum", x: Tensor, axes: Axes | undefined, options: ReduceOptions): Tensor {
  const over = frontAxes(kind, axes, x.rank);
  if (over.length === 0) return x;
  const output = folded(kind, x, over, x.dtype);
  const back = (g: Tensor): Tensor => {
    const hits = toFloat32(equal(x, reshape(output, kept(x.shape, over))));
    return mul(hits, div(reshape(g, kept(x.shape, over)), sum(hits, over, { keepAxes: true })));
  };
  record({ inputs: [x], outputs: [output], pull: ([g]) => [g ? back(g) : null] });
  return shaped(output, x, over, options);
}

/** The largest element over some axes, all unless said; NaN wins. Ties share the gradient. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme("maximum", x, axes, options);
}

/** The smallest element over some axes, all unless said; NaN wins. Ties share the gradient. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme("minimum", x, axes, options);
}

function position(kind: "argmax" | "argmin", x: Tensor, axis: number, options: ReduceOptions): Tensor {
  const over = frontAxes(kind, axis, x.rank);
  return shaped(folded(kind, x, over, "int32"), x, over, options);
}

/** The int32 index of the largest element along an axis, the first one of several. */
export function argmax(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return position("argmax", x, axis, options);
}

/** The int32 index of the smallest element along an axis, the first one of several. */
export function argmin(x: Tensor, axis = -1, options: ReduceOptions = {}): Tensor {
  return position("argmin", x, axis, options);
}

/** The mean squared distance from the mean over some axes; `correction` is taken off the count (1: the unbiased estimate). */
export function variance(x: Tensor, axes?: Axes, { correction = 0, ...options }: ReduceOptions & { readonly correction?: number } = {}): Tensor {
  expectFloat32("variance", x);
  const over = frontAxes("variance", axes, x.rank);
  const centred = sub(x, mean(x, over, { keepAxes: true }));
  const count = over.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return div(sum(mul(centred, centred), over, options), count - correction);
}
