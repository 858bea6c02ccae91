import type { Tensor } from "../core/tensor.ts";
import { frontAxis } from "./axes.ts";
import { type Ranked, topK } from "./top-k.ts";

/** Along which axis, and which end first. */
export interface SortOptions {
  /** The axis, the last unless said. */
  readonly axis?: number;
  /** Whether the largest come first; they come last unless said. */
  readonly descending?: boolean;
}

/** In order along an axis; equal elements keep theirs. */
export function sort(x: Tensor, { axis = -1, descending = false }: SortOptions = {}): Ranked {
  const at = frontAxis("sort", axis, x.rank);
  return topK(x, x.shape[at] as number, { axis: at, largest: descending });
}
