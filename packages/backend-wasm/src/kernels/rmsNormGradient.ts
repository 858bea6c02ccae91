import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** The gradient of root-mean-square normalisation: assembly/norm/rmsNormGradient.ts. */
export const rmsNormGradient: Body<"rmsNormGradient"> = ({ kernels, heap }, { operands }, inputs, outputs) => {
  const [cotangent, x, weight, reciprocals] = inputs as [number, number, number, number];
  const [ofX, ofWeight] = outputs as [number, number];
  const size = operands[2]!.shape[0]!;
  const workspace = heap.workspace(kernels.normGradientWorkspace(size), "rmsNormGradient");
  kernels.rmsNormGradient(cotangent, x, weight, reciprocals, ofX, ofWeight, size, 0, elementCount(operands[3]!.shape), workspace);
};
