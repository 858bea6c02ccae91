import type { HostArray } from "../contract/dtype.ts";
import type { Operand } from "../contract/operand.ts";
import { elementCount, isContiguous } from "../contract/operand.ts";
import { positions } from "./positions.ts";

/**
 * An operand's elements in row-major order without gaps: a view of `data` where they already lie so, a copy otherwise. `data` is the
 * whole buffer; what comes back is for reading.
 */
export function dense<A extends HostArray>(data: A, operand: Pick<Operand, "shape" | "strides" | "offset">): A {
  const count = elementCount(operand.shape);
  if (isContiguous(operand)) return data.subarray(operand.offset, operand.offset + count) as A;
  const at = positions(operand);
  const out = data.slice(0, 0).constructor as new (length: number) => A;
  const values = new out(count);
  for (let i = 0; i < count; i++) values[i] = data[at[i]!]!;
  return values;
}
