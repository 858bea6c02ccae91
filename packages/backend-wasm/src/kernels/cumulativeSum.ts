import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Running sums along the last axis: assembly/cumulativeSum.ts. */
export const cumulativeSum: Body<"cumulativeSum"> = ({ kernels }, { outputs }, [x], [out]) => {
  const { shape, dtype } = outputs[0]!;
  const count = elementCount(shape);
  if (count > 0) kernels.cumulativeSum(Number(dtype === "int32"), x!, out!, shape.at(-1)!, 0, count / shape.at(-1)!);
};
