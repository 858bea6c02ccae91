import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";

/** The gradient of cross-entropy for the logits: assembly/loss/crossEntropyGradient.ts. */
export const crossEntropyGradient: Body<"crossEntropyGradient"> = (machine, { operands, scalars }, inputs, [out]) => {
  const [cotangent, logits, targets, sums] = inputs as [number, number, number, number];
  const [rows, classes] = operands[1]!.shape as [number, number];
  const values = [cotangent, logits, targets, sums, out!, classes, scalars[0]!, scalars[1]!] as const;
  const found = machine.spread("crossEntropyGradient", { values, count: rows, cost: 0.8 * classes });
  expectInside(found, "crossEntropyGradient", "target", operands[2]!, classes);
};
