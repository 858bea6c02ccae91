import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { range } from "./create.ts";
import { equal, toFloat32 } from "./instructions.ts";
import { expandDims } from "./views.ts";

/** int32 ids `[…]` as float32 `[…, classes]`: 1 at the id, 0 elsewhere. An id outside 0 … classes − 1 gives only zeros. */
export function oneHot(ids: Tensor, classes: number): Tensor {
  if (ids.dtype !== "int32") throw new TensorError(`oneHot: expected int32 ids, got ${ids}`);
  return toFloat32(equal(expandDims(ids, -1), range(0, classes, ids)));
}
