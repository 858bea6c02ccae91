import type { Sketch } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { paste } from "./copy.ts";
import { MOST_ARRAYS } from "./fewArrays.ts";

/** Views one after another along an axis; nothing for none. */
export function join(sketch: Sketch, views: readonly View[], axis: number): Source | undefined {
  const [only] = views;
  if (views.length <= 1) return only?.source;
  const total = views.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  const shape = only!.shape.with(axis, total);
  let at = 0;
  const pieces = views.map((view) => {
    const offset = shape.map((_, other) => (other === axis ? at : 0));
    at += view.shape[axis]!;
    return { view, offset };
  });
  let below: Source | undefined;
  for (let first = 0; first < pieces.length; first += MOST_ARRAYS - 1) {
    below = paste(sketch, pieces.slice(first, first + MOST_ARRAYS - 1), below, shape, only!.source.dtype, 0);
  }
  return below;
}
