import { contiguousStrides, type Device, type DType, elementCount } from "@ashlar/backend";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/** A tensor whose bytes are still to be written. */
export interface PlacedTensor {
  /** The tensor. No scope owns it, until `adopt` says so. */
  readonly tensor: Tensor;
  /** Its bytes, row-major and little-endian: write them before anything reads the tensor, and not after. They are gone when its memory is freed. */
  readonly bytes: Uint8Array;
}

/**
 * A tensor whose bytes come from elsewhere, a file, and are written straight into the memory of its device; undefined where a device has no such
 * place, and `fromData` copies.
 *
 * @throws DeviceError when there is no room.
 */
export function place(
  shape: readonly number[],
  { device, dtype }: { readonly device: Device; readonly dtype: Exclude<DType, "bool"> },
): PlacedTensor | undefined {
  const made = device.place?.(elementCount(shape), dtype);
  if (!made) return undefined;
  const storage = new Storage(device, made.buffer);
  // whoever fills it waits in between, and scopes do not
  storage.release();
  return { tensor: new Tensor(storage, dtype, shape, contiguousStrides(shape)), bytes: made.bytes };
}
