import type { Operand } from "@ashlar/backend";
import { contiguousStrides, DeviceError } from "@ashlar/backend";

/** Throws for what a kernel found: 0, or 1 + the position among `indices` of one that is outside [0, size). */
export function expectInside(found: number, where: string, what: string, indices: Pick<Operand, "shape">, size: number): void {
  if (found === 0) return;
  const position = (found >>> 0) - 1;
  const place = contiguousStrides(indices.shape).map((stride, axis) => Math.floor(position / stride) % indices.shape[axis]!);
  throw new DeviceError(`${where}: the ${what} at [${place.join(", ")}] is outside 0 to ${size - 1}`);
}
