import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Layer normalisation along the last axis: assembly/norm/layerNorm.ts. */
export const layerNorm: Body<"layerNorm"> = (machine, { scalars, outputs }, [x, weight, bias], [out, means, reciprocals]) => {
  const count = elementCount(outputs[1]!.shape);
  const size = outputs[0]!.shape.at(-1)!;
  machine.spread("layerNorm", { values: [x!, weight!, bias!, out!, means!, reciprocals!, size, scalars[0]!], count, cost: 0.5 * size });
};
