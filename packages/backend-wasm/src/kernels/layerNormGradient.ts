import { elementCount } from "@ashlar/backend";
import { accountedRows } from "./accountedRows.ts";
import type { Body } from "./kernel.ts";

/** The gradient of layer normalisation: assembly/norm/layerNormGradient.ts. */
export const layerNormGradient: Body<"layerNormGradient"> = (machine, { operands }, inputs, outputs) => {
  const [cotangent, x, weight, means, reciprocals] = inputs as [number, number, number, number, number];
  const [ofX, ofWeight, ofBias] = outputs as [number, number, number];
  const size = operands[2]!.shape[0]!;
  const count = elementCount(operands[3]!.shape);
  const { grain, parts, accounts, step } = accountedRows(machine, "layerNormGradient", { rows: count, size, sums: 2 });
  machine.spread("layerNormGradient", { values: [cotangent, x, weight, means, reciprocals, ofX, size, accounts, grain], count, cost: size, grain });
  machine.run("sumAccounts", accounts, step, parts, size, ofWeight);
  machine.run("sumAccounts", accounts + step / 2, step, parts, size, ofBias);
};
