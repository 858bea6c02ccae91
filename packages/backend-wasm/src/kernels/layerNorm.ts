import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Layer normalisation along the last axis: assembly/norm/layerNorm.ts. */
export const layerNorm: Body<"layerNorm"> = ({ kernels }, { scalars, outputs }, [x, weight, bias], [out, means, reciprocals]) => {
  const rows = elementCount(outputs[1]!.shape);
  kernels.layerNorm(x!, weight!, bias!, out!, means!, reciprocals!, outputs[0]!.shape.at(-1)!, scalars[0]!, 0, rows);
};
