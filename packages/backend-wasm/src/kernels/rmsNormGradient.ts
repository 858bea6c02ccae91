import { elementCount } from "@ashlar/backend";
import { accountedRows } from "./accountedRows.ts";
import type { Body } from "./kernel.ts";

/** The gradient of root-mean-square normalisation: assembly/norm/rmsNormGradient.ts. */
export const rmsNormGradient: Body<"rmsNormGradient"> = (machine, { operands }, inputs, outputs) => {
  const [cotangent, x, weight, reciprocals] = inputs as [number, number, number, number];
  const [ofX, ofWeight] = outputs as [number, number];
  const size = operands[2]!.shape[0]!;
  const count = elementCount(operands[3]!.shape);
  const { grain, parts, accounts, step } = accountedRows(machine, "rmsNormGradient", { rows: count, size, sums: 1 });
  machine.spread("rmsNormGradient", { values: [cotangent, x, weight, reciprocals, ofX, size, accounts, grain], count, cost: 0.8 * size, grain });
  machine.run("sumAccounts", accounts, step, parts, size, ofWeight);
};
