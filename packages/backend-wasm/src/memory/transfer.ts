import type { DType, HostArray, Place } from "@ashlar/backend";
import { bytesPerElement, DeviceError, hostArray } from "@ashlar/backend";
import type { Heap, WasmBuffer } from "./heap.ts";

// Bools are bytes outside and 32-bit lanes inside; everything else crosses as it is.

/** Copies a host array into a fresh buffer. @throws DeviceError when the array isn't the type's, or there is no room. */
export function upload(heap: Heap, data: HostArray, dtype: DType): WasmBuffer {
  const expected = hostArray(dtype, 0);
  if (Object.prototype.toString.call(data) !== Object.prototype.toString.call(expected)) {
    throw new DeviceError(`upload: ${dtype} comes in a ${expected.constructor.name}, got a ${data.constructor.name}`);
  }
  const bytes = dtype === "bool" ? data.length * 4 : data.byteLength;
  const buffer = heap.allocate(bytes, dtype, "upload");
  overwrite(heap, heap.addressOf(buffer, "upload"), dtype, data);
  return buffer;
}

/** Writes other numbers into a buffer that was uploaded, an array like the one that it was made of. */
export function overwrite(heap: Heap, address: number, dtype: DType, data: HostArray): void {
  viewOf(heap, address, dtype, data.length).set(data);
}

/** A fresh buffer and its bytes, in a memory that does not move when it grows. @throws DeviceError when there is no room. */
export function place(heap: Heap, count: number, dtype: Exclude<DType, "bool">): Place {
  const bytes = count * bytesPerElement(dtype);
  const buffer = heap.allocate(bytes, dtype, "place");
  return { buffer, bytes: new Uint8Array(heap.words.buffer, heap.addressOf(buffer, "place"), bytes) };
}

/** A host array of `length` elements from an address. */
export function download(heap: Heap, address: number, dtype: DType, length: number): HostArray {
  const view = viewOf(heap, address, dtype, length);
  if (dtype !== "bool") return view.slice();
  return Uint8Array.from(view);
}

function viewOf(heap: Heap, address: number, dtype: DType, length: number): Float32Array | Int32Array | Uint16Array {
  const memory = heap.words.buffer;
  if (dtype === "bool" || dtype === "int32") return new Int32Array(memory, address, length);
  return dtype === "float32" ? new Float32Array(memory, address, length) : new Uint16Array(memory, address, length);
}
