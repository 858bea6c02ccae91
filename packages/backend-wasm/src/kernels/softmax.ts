import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Softmax along the last axis: assembly/softmax.ts. */
export const softmax: Body<"softmax"> = (machine, { settings: { log }, outputs }, [x], [out]) => {
  const { shape } = outputs[0]!;
  const size = shape.at(-1)!;
  machine.spread("softmax", { values: [Number(log), x!, out!, size], count: elementCount(shape) / size, cost: 0.8 * size });
};
