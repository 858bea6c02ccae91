import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Root-mean-square normalisation along the last axis: assembly/norm/rmsNorm.ts. */
export const rmsNorm: Body<"rmsNorm"> = ({ kernels }, { scalars, outputs }, [x, weight], [out, reciprocals]) => {
  kernels.rmsNorm(x!, weight!, out!, reciprocals!, outputs[0]!.shape.at(-1)!, scalars[0]!, 0, elementCount(outputs[1]!.shape));
};
