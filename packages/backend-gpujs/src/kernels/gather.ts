import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import { decode16 } from "../shader/halves.ts";
import type { Value } from "../shader/views.ts";
import { loadAt, loadQuads, loadTexel, placeAt, unravel } from "../shader/views.ts";

// Each thread, for four neighbouring elements of the output, at [outer, i, inner] with i along the axis:
//   output[outer, i, inner] = x[outer, indices[outer, i, inner], inner], or NaN (0 for other types) where the index is outside x
// 16-bit floats are widened once they are picked: a table is larger than what is looked up in it.

export const gather: Planner<"gather"> = ({ settings: { axis } }, sketch) => {
  const [x, indices] = sketch.operands() as [ReturnType<typeof sketch.operand>, ReturnType<typeof sketch.operand>];
  const { shape } = indices;
  if (isEmpty(shape)) return [undefined];
  const { dtype: stored } = x.source;
  const half = stored === "float16" || stored === "bfloat16" ? stored : undefined;
  const dtype = half ? "float32" : stored;
  const size = x.shape[axis]!;
  const last = shape.length - 1;
  // A row look-up: one index for the four, and its row in texels.
  const isRow =
    axis !== last &&
    shape[last]! % 4 === 0 &&
    indices.strides[last] === 0 &&
    x.strides[last] === 1 &&
    x.offset % 4 === 0 &&
    x.strides.slice(0, -1).every((stride) => stride % 4 === 0);

  return [
    sketch.quads(dtype, elementCount(shape), (w, quad) => {
      const places = isRow ? undefined : loadQuads(w, quad, [indices], shape)[0]!;
      const pick = (index: Value, read: (row: string) => Value[]): Value[] => {
        const row = w.let(`${index.high} * 65536 + ${index.value}`);
        const valid = w.let(`${row} >= 0 && ${row} < ${size} ? 1 : 0`);
        const outside = dtype === "float32" ? w.notANumber() : "0";
        const picked = read(w.let(`${valid} > 0 ? ${row} : ${row} * 0`));
        const values = half ? picked.map(({ value }): Value => ({ value: decode16(w, value, half) })) : picked;
        return values.map(({ value, high }) => ({
          value: w.let(`${valid} > 0 ? ${value} : ${outside === "0" ? `0 * ${valid}` : outside}`),
          ...(high !== undefined && { high: w.let(`${valid} > 0 ? ${high} : 0 * ${valid}`) }),
        }));
      };
      if (!places) {
        const coordinates = unravel(w, quad, [...shape.slice(0, -1), shape[last]! / 4]);
        const inner = { strides: [...x.strides.slice(0, -1), 4], offset: x.offset };
        return pick(loadAt(w, indices, coordinates.with(-1, "0")), (row) => loadTexel(w, x.source, placeAt(w, inner, coordinates.with(axis, row))));
      }
      return [0, 1, 2, 3].flatMap((i) => {
        const coordinates = unravel(w, w.let(`${quad} * 4 + ${i}`), shape);
        return pick(places[i]!, (row) => [loadAt(w, x, coordinates.with(axis, row))]);
      });
    }),
  ];
};
