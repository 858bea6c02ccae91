import { elementCount } from "@ashlar/backend";
import type { Sketch, StepWriter } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { inTexels, loadAt, loadTexel, placeAt, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";

/** The rows of a view: all axes but the last, and how many there are. */
export function rowsOf({ shape }: Pick<View, "shape">): { readonly outer: readonly number[]; readonly rows: number; readonly size: number } {
  const outer = shape.slice(0, -1);
  return { outer, rows: elementCount(outer), size: shape.at(-1)! };
}

/** Visits a row: all views at each of its places in turn, four at a time where they lie in texels. `visit` gets their values and the place. */
export function eachInRow(w: StepWriter, views: readonly View[], row: readonly string[], visit: (values: readonly string[], place: string) => void): void {
  const size = views[0]!.shape.at(-1)!;
  if (size % 4 === 0 && views.every(inTexels)) {
    w.repeat(size / 4, (texel) => {
      const loaded = views.map((view) => loadTexel(w, view.source, placeAt(w, { strides: view.strides.with(-1, 4), offset: view.offset }, [...row, texel])));
      for (let c = 0; c < 4; c++)
        visit(
          loaded.map((four) => four[c]!.value),
          w.let(`${texel} * 4 + ${c}`),
        );
    });
    return;
  }
  w.repeat(size, (place) =>
    visit(
      views.map((view) => loadAt(w, view, [...row, place]).value),
      place,
    ),
  );
}

/** Adds a shader whose thread looks at one row and gives up to four numbers about it: a texel a row. */
export function aboutRows(sketch: Sketch, outer: readonly number[], write: (w: StepWriter, row: string[], flat: string) => Four): Source {
  const rows = elementCount(outer);
  return sketch.step("float32", 4 * rows, (w) => {
    const flat = w.threads(rows);
    w.give(write(w, unravel(w, flat, outer), flat));
  });
}

/** One of the numbers about each row, as an output of its own. */
export function ofRows(sketch: Sketch, about: Source, rows: number, which: number): Source {
  return sketch.quads("float32", rows, (w, quad) =>
    [0, 1, 2, 3].map((i) => ({ value: w.texel(w.read(about), { texel: w.let(`${quad} * 4 + ${i}`) })[which]! })),
  );
}

/** Numbers about rows seen as a view over outer axes and a last one along which they repeat. */
export function repeated(about: Source, outer: readonly number[], size: number, which: number): View {
  let step = 4 * elementCount(outer);
  const strides = outer.map((length) => {
    step = length === 0 ? 0 : step / length;
    return step;
  });
  return { source: about, shape: [...outer, size], strides: [...strides, 0], offset: which };
}

/** A view of one number a row, repeated along the last axis. */
export function alongRow(view: View, size: number): View {
  return { ...view, shape: [...view.shape, size], strides: [...view.strides, 0] };
}

/** A view of one number a column, repeated over the rows. */
export function overRows(view: View, outer: readonly number[]): View {
  return { ...view, shape: [...outer, ...view.shape], strides: [...outer.map(() => 0), ...view.strides] };
}
