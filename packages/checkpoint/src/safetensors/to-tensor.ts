import type { Device, HostArray } from "@ashlar/backend";
import { fromData, type Tensor } from "@ashlar/tensor";
import { CheckpointError } from "../errors.ts";
import { decode } from "./decode.ts";
import type { StoredTensor } from "./stored.ts";

/**
 * Puts a stored tensor on a device: floats of any width become float32, integers int32, BOOL bool. `name` is for messages.
 *
 * @throws CheckpointError for an integer that int32 does not hold, and what `decode` throws.
 */
export function toTensor(stored: StoredTensor, { device, name = "a tensor" }: { readonly device: Device; readonly name?: string }): Tensor {
  return fromData(computable(stored, name), stored.shape, { device });
}

function computable(stored: StoredTensor, name: string): HostArray {
  const data = decode(stored);
  if (data instanceof Float32Array || data instanceof Int32Array) return data;
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (stored.dtype === "BOOL") return data as Uint8Array;
  return Int32Array.from(data as ArrayLike<number | bigint>, (value, index) => {
    const number = Number(value);
    if (number === (number | 0)) return number;
    throw new CheckpointError(`${name}: element ${index} is ${value} (${stored.dtype}), which int32 does not hold; read it with decode()`);
  });
}
