import type { DType, HostArray } from "../../contract/dtype.ts";
import { decodeBfloat16 } from "../../numbers/bfloat16.ts";
import { decodeFloat16 } from "../../numbers/float16.ts";

/** The numbers that 16-bit floats stand for, as float32; others as they are. */
export function widened(values: HostArray, dtype: DType): HostArray {
  if (dtype === "float16") return decodeFloat16(values as Uint16Array);
  return dtype === "bfloat16" ? decodeBfloat16(values as Uint16Array) : values;
}
