import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Uniform numbers from a key: assembly/random.ts. */
export const random: Body<"random"> = ({ kernels }, { scalars, outputs }, _, [out]) => {
  const count = elementCount(outputs[0]!.shape);
  kernels.random(scalars[0]!, scalars[1]!, out!, count, 0, Math.ceil(count / 2));
};
