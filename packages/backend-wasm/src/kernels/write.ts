import { bytesPerElement, contiguousStrides } from "@ashlar/backend";
import { copyOperand } from "./copyOperand.ts";
import type { Body } from "./kernel.ts";

/** Lays an array over a part of another: assembly/copy.ts, twice unless the other was donated. */
export const write: Body<"write"> = (machine, { settings: { axis }, operands, scalars }, inputs, [out]) => {
  const [x, source] = operands as [(typeof operands)[0], (typeof operands)[0]];
  const strides = contiguousStrides(x.shape);
  if (inputs[0] !== out) copyOperand(machine, x, inputs[0]!, out!, x.dtype, strides);
  copyOperand(machine, source, inputs[1]!, out! + scalars[0]! * strides[axis]! * bytesPerElement(x.dtype), x.dtype, strides);
};
