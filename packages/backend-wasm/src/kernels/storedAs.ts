import type { DType } from "@ashlar/backend";

/** How assembly/simd/halves.ts calls the ways in which numbers are stored; what is not float is moved as float32 is. */
export function storedAs(dtype: DType): number {
  return dtype === "float16" ? 1 : dtype === "bfloat16" ? 2 : 0;
}
