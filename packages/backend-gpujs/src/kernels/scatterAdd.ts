import { elementCount } from "@ashlar/backend";
import type { Planner, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import type { Value } from "../shader/views.ts";
import { loadAt, loadTexel, placeAt, unravel } from "../shader/views.ts";
import { add } from "../shader/whole.ts";

// No two threads can add to one place here, so each place looks for what belongs to it. Each thread, for four neighbouring elements of the output:
//   output[outer, j, inner] = Σᵢ source[outer, i, inner] where indices[outer, i, inner] = j
// beginning with a third operand's element where there is one.

export const scatterAdd: Planner<"scatterAdd"> = ({ settings: { axis }, outputs }, sketch) => {
  const { shape, dtype } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  const [source, indices, onto] = sketch.operands() as [View, View, View?];
  const count = source.shape[axis]!;
  const last = shape.length - 1;
  // A row look-up's reverse: one index for the four.
  const isRow =
    axis !== last &&
    shape[last]! % 4 === 0 &&
    indices.strides[last] === 0 &&
    source.strides[last] === 1 &&
    source.offset % 4 === 0 &&
    source.strides.slice(0, -1).every((stride) => stride % 4 === 0);

  return [
    sketch.quads(dtype, elementCount(shape), (w, quad) => {
      const begin = (c: number): Value => {
        const first = onto && loadAt(w, onto, unravel(w, w.let(`${quad} * 4 + ${c}`), shape));
        return { value: w.variable(first?.value ?? "0"), ...(dtype === "int32" && { high: w.variable(first?.high ?? "0") }) };
      };
      const sums = [begin(0), begin(1), begin(2), begin(3)];
      if (isRow) {
        const coordinates = unravel(w, quad, [...shape.slice(0, -1), shape[last]! / 4]);
        const inner = { strides: [...source.strides.slice(0, -1), 4], offset: source.offset };
        if (count > 0) {
          w.repeat(count, (i) => {
            const index = loadAt(w, indices, coordinates.with(axis, i).with(-1, "0"));
            w.when(`${index.high} * 65536 + ${index.value} === ${coordinates[axis]}`, () => {
              const values = loadTexel(w, source.source, placeAt(w, inner, coordinates.with(axis, i)));
              for (const [c, value] of values.entries()) accumulate(w, sums[c]!, value);
            });
          });
        }
        return sums;
      }
      for (const [c, sum] of sums.entries()) {
        const coordinates = unravel(w, w.let(`${quad} * 4 + ${c}`), shape);
        if (count === 0) continue;
        w.repeat(count, (i) => {
          const at = coordinates.with(axis, i);
          const index = loadAt(w, indices, at);
          w.when(`${index.high} * 65536 + ${index.value} === ${coordinates[axis]}`, () => accumulate(w, sum, loadAt(w, source, at)));
        });
      }
      return sums;
    }),
  ];
};

function accumulate(w: StepWriter, sum: Value, value: Value): void {
  if (sum.high === undefined) w.line(`${sum.value} += ${value.value};`);
  else {
    const total = add(w, sum, value);
    w.line(`${sum.value} = ${total.value};`);
    w.line(`${sum.high} = ${total.high};`);
  }
}
