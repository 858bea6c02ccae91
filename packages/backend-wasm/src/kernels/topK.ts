import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** The k largest along the last axis: assembly/topK.ts. */
export const topK: Body<"topK"> = ({ kernels, heap }, { settings: { k }, operands }, [x], [values, indices]) => {
  const { shape, dtype } = operands[0]!;
  if (k === 0) return;
  const workspace = heap.workspace(k * 8, "topK");
  kernels.topK(Number(dtype === "int32"), x!, values!, indices!, shape.at(-1)!, k, 0, elementCount(shape.slice(0, -1)), workspace);
};
