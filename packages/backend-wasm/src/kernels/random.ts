import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Uniform numbers from a key: assembly/random.ts. */
export const random: Body<"random"> = (machine, { scalars, outputs }, _, [out]) => {
  const count = elementCount(outputs[0]!.shape);
  const { own, stride } = machine.workspace("random", { own: 64 });
  machine.spread("random", { values: [scalars[0]!, scalars[1]!, out!, count, own], count: Math.ceil(count / 2), cost: 6, multiple: 16, own: [4], stride });
};
