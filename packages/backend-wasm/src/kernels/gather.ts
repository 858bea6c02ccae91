import { bytesPerElement, elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";
import { storedAs } from "./storedAs.ts";

/** Picks elements along an axis: assembly/gather.ts. */
export const gather: Body<"gather"> = (machine, { settings: { axis }, operands }, inputs, [out]) => {
  const [x, indices] = operands as [(typeof operands)[0], (typeof operands)[0]];
  const count = elementCount(indices.shape);
  if (count === 0) return;
  const walk = machine.desk.begin().walk(indices.shape, [
    { address: inputs[0]!, strides: x.strides.with(axis, 0), width: bytesPerElement(x.dtype) },
    { address: inputs[1]!, strides: indices.strides },
  ]);
  const size = x.shape[axis]!;
  const width = walk.shape.at(-1)!;
  const values = [storedAs(x.dtype), walk.space, walk.operands, out!, size, x.strides[axis]! * bytesPerElement(x.dtype)] as const;
  const found = machine.spread("gather", { values, count: count / width, cost: 5 + 0.3 * width });
  expectInside(found, "gather", "index", indices, size);
};
