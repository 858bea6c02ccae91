import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Running sums along the last axis: assembly/cumulativeSum.ts. */
export const cumulativeSum: Body<"cumulativeSum"> = (machine, { outputs }, [x], [out]) => {
  const { shape, dtype } = outputs[0]!;
  const count = elementCount(shape);
  const size = shape.at(-1)!;
  if (count > 0) machine.spread("cumulativeSum", { values: [Number(dtype === "int32"), x!, out!, size], count: count / size, cost: size });
};
