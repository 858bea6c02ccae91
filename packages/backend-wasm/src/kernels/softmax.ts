import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Softmax along the last axis: assembly/softmax.ts. */
export const softmax: Body<"softmax"> = ({ kernels }, { settings: { log }, outputs }, [x], [out]) => {
  const { shape } = outputs[0]!;
  const size = shape.at(-1)!;
  kernels.softmax(Number(log), x!, out!, size, 0, elementCount(shape) / size);
};
