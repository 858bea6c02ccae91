import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { transpose } from "./views.ts";

/** Runs what works on the last axis along another one. */
export function alongLast(where: string, x: Tensor, axis: number, run: (x: Tensor) => Tensor): Tensor {
  const at = frontAxis(where, axis, x.rank);
  return at === x.rank - 1 ? run(x) : transpose(run(transpose(x, at, -1)), at, -1);
}
