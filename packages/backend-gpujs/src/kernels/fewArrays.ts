import type { DType } from "@ashlar/backend";
import { DeviceError, elementCount } from "@ashlar/backend";
import type { Sketch } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { loadQuads } from "../shader/views.ts";

/** The most arrays that a shader reads: WebGPU promises eight storage buffers, and one is the output. */
export const MOST_ARRAYS = 7;

/** The same views over at most seven arrays: where there are more, those of one shape and type are put one after another into one array. */
export function fewArrays(sketch: Sketch, views: readonly View[]): readonly View[] {
  const distinct = new Set(views.map(({ source }) => JSON.stringify(source.of)));
  if (distinct.size <= MOST_ARRAYS) return views;
  // Those of one type that are not joined yet, the commonest type first.
  const single = views.filter(({ source }) => "operand" in source.of);
  const type = single.map(({ source }) => source.dtype).sort((a, b) => count(single, b) - count(single, a))[0];
  const group = single.filter(({ source }) => source.dtype === type).slice(0, MOST_ARRAYS);
  if (group.length < 2) throw new DeviceError(`a program over ${views.length} arrays is more than shaders of ${MOST_ARRAYS} can be fed; compute it in parts`);
  const { shape, source } = group[0]!;
  const padded = 4 * Math.ceil(elementCount(shape) / 4);
  const joined = sketch.quads(source.dtype, group.length * padded, (w, quad) => {
    const [which, within] = w.divide(quad, padded / 4, (group.length * padded) / 4);
    const result = [0, 1, 2, 3].map(() => ({ value: w.variable("0"), high: w.variable("0") }));
    for (const [index, view] of group.entries()) {
      w.when(`${which} === ${index}`, () => {
        const [values] = loadQuads(w, within, [view], shape);
        for (const [i, { value, high }] of result.entries()) {
          w.line(`${value} = ${values![i]!.value};`);
          if (values![i]!.high !== undefined) w.line(`${high} = ${values![i]!.high};`);
        }
      });
    }
    return result;
  });
  const moved = new Map(group.map((view, index) => [view, { ...wholeView(joined, shape), offset: index * padded }]));
  return fewArrays(
    sketch,
    views.map((view) => moved.get(view) ?? view),
  );
}

function count(views: readonly View[], dtype: DType): number {
  return views.filter(({ source }) => source.dtype === dtype).length;
}
