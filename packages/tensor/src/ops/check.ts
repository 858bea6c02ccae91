import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";

/** @throws TensorError unless x is float32. */
export function expectFloat32(where: string, x: Tensor): void {
  if (x.dtype !== "float32") throw new TensorError(`${where}: expected float32, got ${x}; convert it with cast(x, "float32")`);
}
