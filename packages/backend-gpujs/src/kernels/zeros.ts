import { elementCount } from "@ashlar/backend";
import type { Sketch } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { Source } from "../device/source.ts";

/** A float32 array of zeros, or of another number; nothing for no elements. */
export function zeros(sketch: Sketch, shape: readonly number[]): Source | undefined {
  if (isEmpty(shape)) return undefined;
  return sketch.quads("float32", elementCount(shape), (w) => [0, 1, 2, 3].map(() => ({ value: w.let("0") })));
}
