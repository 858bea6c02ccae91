import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";

/** Cross-entropy by row: assembly/loss/crossEntropy.ts. */
export const crossEntropy: Body<"crossEntropy"> = ({ kernels }, { operands, scalars }, [logits, targets], [losses, sums]) => {
  const [rows, classes] = operands[0]!.shape as [number, number];
  const found = kernels.crossEntropy(logits!, targets!, losses!, sums!, classes, scalars[0]!, scalars[1]!, 0, rows);
  expectInside(found, "crossEntropy", "target", operands[1]!, classes);
};
