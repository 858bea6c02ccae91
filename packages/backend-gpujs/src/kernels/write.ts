import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import type { Value } from "../shader/views.ts";
import { inTexels, loadAt, loadTexel, placeAt, unravel } from "../shader/views.ts";
import { pick } from "../shader/whole.ts";
import { contiguous } from "./copy.ts";

// Nothing is written in place here. Each thread, for four neighbouring elements of the output, with j the place along the axis:
//   output[…, j, …] = start ≤ j < start + count ? source[…, j − start, …] : x[…, j, …]
// `start` is a number of the call, so that a cache of fixed length is filled by one shader.

export const write: Planner<"write"> = ({ settings: { axis }, outputs }, sketch) => {
  const { shape, dtype } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  const [x, source] = sketch.operands() as [View, View];
  const count = source.shape[axis]!;
  if (count === 0) return [contiguous(sketch, x)];
  const last = shape.length - 1;
  const inTurn = axis !== last && shape[last]! % 4 === 0 && inTexels(x) && inTexels(source);
  return [
    sketch.quads(dtype, elementCount(shape), (w, quad) => {
      const start = w.takes(0);
      const written = (at: readonly string[], read: (view: View, at: readonly string[]) => readonly Value[]): readonly Value[] => {
        const place = w.let(`${at[axis]} - ${start}`);
        const inside = w.let(`${place} >= 0 && ${place} < ${count} ? 1 : 0`);
        const added = read(source, at.with(axis, w.let(`${inside} * ${place}`)));
        return read(x, at).map((old, i) => {
          const { value, high } = added[i]!;
          return high === undefined ? { value: w.let(`${inside} > 0 ? ${value} : ${old.value}`) } : pick(w, inside, added[i]!, old);
        });
      };
      if (inTurn) {
        return written(unravel(w, quad, shape.with(last, shape[last]! / 4)), ({ source: from, strides, offset }, at) =>
          loadTexel(w, from, placeAt(w, { strides: strides.with(-1, 4), offset }, at)),
        );
      }
      return [0, 1, 2, 3].flatMap((i) => written(unravel(w, w.let(`${quad} * 4 + ${i}`), shape), (view, at) => [loadAt(w, view, at)]));
    }),
  ];
};
