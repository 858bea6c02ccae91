/**
 * What an element is. Devices compute on the first three; the 16-bit floats are for storage: `copy` converts them, `matmul` reads them on its
 * right side and `gather` in its table.
 */
export type DType = "float32" | "int32" | "bool" | "float16" | "bfloat16";

/** The element types that kernels accept; `copy`, `matmul` on its right side and `gather` in its table take the others too. */
export type ComputeType = "float32" | "int32" | "bool";

/**
 * The array a program outside the device sees: `Float32Array` for float32, `Int32Array` for int32, `Uint8Array` of 0 and 1 for bool,
 * and `Uint16Array` of raw bits for float16 and bfloat16.
 */
export type HostArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

/** The host array that belongs to an element type. */
export interface HostArrayOf {
  /** 32-bit floats. */
  float32: Float32Array;
  /** Signed 32-bit integers. */
  int32: Int32Array;
  /** 0 or 1. */
  bool: Uint8Array;
  /** Raw IEEE half-precision bits. */
  float16: Uint16Array;
  /** The upper half of the bits of a float32. */
  bfloat16: Uint16Array;
}

/**
 * The bytes of one element in a device's memory. A bool takes four there (0 or 1 in a 32-bit lane), so that all computed types have one
 * width and a kernel's strides mean the same for each.
 */
export function bytesPerElement(dtype: DType): number {
  return dtype === "float16" || dtype === "bfloat16" ? 2 : 4;
}

/** An empty host array for `length` elements of a type. */
export function hostArray<T extends DType>(dtype: T, length: number): HostArrayOf[T] {
  const constructors = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, float16: Uint16Array, bfloat16: Uint16Array };
  return new constructors[dtype](length) as HostArrayOf[T];
}
