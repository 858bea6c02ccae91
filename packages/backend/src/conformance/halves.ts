import { decodeBfloat16, encodeBfloat16 } from "../numbers/bfloat16.ts";
import { decodeFloat16, encodeFloat16 } from "../numbers/float16.ts";
import type { Given } from "./given.ts";

/** The nearest numbers of a 16-bit type. */
export function halves(given: Given, dtype: "float16" | "bfloat16"): Given {
  const data = dtype === "float16" ? encodeFloat16(given.data as Float32Array) : encodeBfloat16(given.data as Float32Array);
  return { ...given, data, dtype };
}

/** Whether it is kept in 16 bits. */
export function isHalf({ dtype }: Given): boolean {
  return dtype === "float16" || dtype === "bfloat16";
}

/** The same view of the float32 numbers that a 16-bit buffer stands for. */
export function widened(given: Given): Given {
  const data = given.dtype === "float16" ? decodeFloat16(given.data as Uint16Array) : decodeBfloat16(given.data as Uint16Array);
  return { ...given, data, dtype: "float32" };
}
