import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** The k largest along the last axis: assembly/topK.ts. */
export const topK: Body<"topK"> = (machine, { settings: { k }, operands }, [x], [values, indices]) => {
  const { shape, dtype } = operands[0]!;
  if (k === 0) return;
  const { own, stride } = machine.workspace("topK", { own: k * 8 });
  const size = shape.at(-1)!;
  const all = [Number(dtype === "int32"), x!, values!, indices!, size, k, own] as const;
  machine.spread("topK", { values: all, count: elementCount(shape.slice(0, -1)), cost: size, own: [6], stride });
};
