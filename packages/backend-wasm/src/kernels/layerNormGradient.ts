import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** The gradient of layer normalisation: assembly/norm/layerNormGradient.ts. */
export const layerNormGradient: Body<"layerNormGradient"> = ({ kernels, heap }, { operands }, inputs, outputs) => {
  const [cotangent, x, weight, means, reciprocals] = inputs as [number, number, number, number, number];
  const [ofX, ofWeight, ofBias] = outputs as [number, number, number];
  const size = operands[2]!.shape[0]!;
  const workspace = heap.workspace(kernels.normGradientWorkspace(size), "layerNormGradient");
  kernels.layerNormGradient(cotangent, x, weight, means, reciprocals, ofX, ofWeight, ofBias, size, 0, elementCount(operands[3]!.shape), workspace);
};
