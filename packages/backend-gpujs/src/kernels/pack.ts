import { elementCount } from "@ashlar/backend";
import type { Sketch } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { loadAt, loadQuads, unravel } from "../shader/views.ts";

/** The same numbers laid out so that the last axis lies in texels, filled up with zeros; what repeats is laid out once. */
export function pack(sketch: Sketch, view: View): View {
  const size = view.shape.at(-1)!;
  const texels = Math.ceil(size / 4);
  const outer = view.shape.slice(0, -1).map((length, axis) => (view.strides[axis] === 0 ? 1 : length));
  const kept = { ...view, shape: [...outer, size] };
  const source = sketch.quads("float32", elementCount(outer) * texels * 4, (w, quad) => {
    if (size % 4 === 0) return loadQuads(w, quad, [kept], kept.shape)[0]!;
    const coordinates = unravel(w, quad, [...outer, texels]);
    return [0, 1, 2, 3].map((i) => {
      const at = w.let(`${coordinates.at(-1)} * 4 + ${i}`);
      const { value } = loadAt(w, kept, coordinates.with(-1, at));
      return { value: w.let(`${at} < ${size} ? ${value} : 0 * ${at}`) };
    });
  });
  let step = texels * 4;
  const strides = new Array<number>(view.shape.length).fill(1);
  for (let axis = view.shape.length - 2; axis >= 0; axis--) {
    strides[axis] = view.strides[axis] === 0 ? 0 : step;
    step *= outer[axis]!;
  }
  return { source, shape: view.shape, strides, offset: 0 };
}
