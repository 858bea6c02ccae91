import { DeviceError } from "../../contract/errors.ts";
import { contiguousStrides } from "../../contract/operand.ts";

/** An index if it lies in `[0, size)`; else a DeviceError that names it and where among the indices it stood. */
export function expectIndex(where: string, index: number, size: number, position: number, shape: readonly number[]): number {
  if (index >= 0 && index < size) return index;
  const place = contiguousStrides(shape).map((stride, axis) => Math.floor(position / stride) % shape[axis]!);
  throw new DeviceError(`${where}: index ${index} at [${place.join(", ")}] is outside 0 to ${size - 1}`);
}
