import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";

/** The gradient of cross-entropy for the logits: assembly/loss/crossEntropyGradient.ts. */
export const crossEntropyGradient: Body<"crossEntropyGradient"> = ({ kernels }, { operands, scalars }, inputs, [out]) => {
  const [cotangent, logits, targets, sums] = inputs as [number, number, number, number];
  const [rows, classes] = operands[1]!.shape as [number, number];
  const found = kernels.crossEntropyGradient(cotangent, logits, targets, sums, out!, classes, scalars[0]!, scalars[1]!, 0, rows);
  expectInside(found, "crossEntropyGradient", "target", operands[2]!, classes);
};
