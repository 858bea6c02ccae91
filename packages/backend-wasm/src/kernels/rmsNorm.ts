import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Root-mean-square normalisation along the last axis: assembly/norm/rmsNorm.ts. */
export const rmsNorm: Body<"rmsNorm"> = (machine, { scalars, outputs }, [x, weight], [out, reciprocals]) => {
  const size = outputs[0]!.shape.at(-1)!;
  machine.spread("rmsNorm", { values: [x!, weight!, out!, reciprocals!, size, scalars[0]!], count: elementCount(outputs[1]!.shape), cost: 0.4 * size });
};
