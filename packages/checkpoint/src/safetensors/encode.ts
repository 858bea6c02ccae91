import { type DType, encodeBfloat16, encodeFloat16, type HostArray } from "@ashlar/backend";
import { CheckpointError, quoted } from "../errors.ts";
import type { StoredType } from "./stored-type.ts";

/** The float types in which a tensor can be written. */
export type FloatType = "float32" | "float16" | "bfloat16";

const storedAs: Readonly<Record<DType, StoredType>> = { float32: "F32", int32: "I32", bool: "BOOL", float16: "F16", bfloat16: "BF16" };

/** The type in which a tensor is written: its own, or for float32 the one asked for. */
export function typeWritten(dtype: DType, float: FloatType): StoredType {
  return storedAs[dtype === "float32" ? float : dtype];
}

/** The bytes of a tensor's elements. @throws CheckpointError when a finite number would become infinite. */
export function encode(data: HostArray, dtype: StoredType, name: string): Uint8Array {
  const array = data instanceof Float32Array && dtype !== "F32" ? halves(data, dtype, name) : data;
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function halves(data: Float32Array, dtype: StoredType, name: string): Uint16Array {
  const bits = dtype === "F16" ? encodeFloat16(data) : encodeBfloat16(data);
  const infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  const lost = bits.findIndex((word, index) => (word & 0x7fff) === infinity && Number.isFinite(data[index]));
  if (lost < 0) return bits;
  const cure = dtype === "F16" ? "bfloat16 or float32" : "float32";
  throw new CheckpointError(`${quoted(name)}: element ${lost} is ${data[lost]}, beyond what ${dtype} holds; store ${cure}`);
}
