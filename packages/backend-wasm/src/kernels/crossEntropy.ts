import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";

/** Cross-entropy by row: assembly/loss/crossEntropy.ts. */
export const crossEntropy: Body<"crossEntropy"> = (machine, { operands, scalars }, [logits, targets], [losses, sums]) => {
  const [rows, classes] = operands[0]!.shape as [number, number];
  const values = [logits!, targets!, losses!, sums!, classes, scalars[0]!, scalars[1]!] as const;
  const found = machine.spread("crossEntropy", { values, count: rows, cost: 0.6 * classes });
  expectInside(found, "crossEntropy", "target", operands[1]!, classes);
};
