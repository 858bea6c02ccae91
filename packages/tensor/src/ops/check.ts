import { TensorError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";

/** @throws TensorError unless x is float32. */
export function expectFloat32(where: string, x: Tensor): void {
  if (x.dtype !== "float32") throw new TensorError(`${where}: expected float32, got ${x}; convert it with cast(x, "float32")`);
}

/** @throws TensorError unless x is float32, or one of the 16-bit floats in which weights are kept. */
export function expectFloats(where: string, x: Tensor): void {
  if (x.dtype !== "float32" && x.dtype !== "float16" && x.dtype !== "bfloat16")
    throw new TensorError(`${where}: expected float32, float16 or bfloat16 on the right, got ${x}; convert it with cast(x, "float32")`);
}
