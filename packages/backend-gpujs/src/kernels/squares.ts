import type { Sketch } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { load, loadTexel, placeAt, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";

// Where arrays are textures, a large product pays for another layout: a texel holds 2 × 2 neighbours (x00, x01, x10, x11). A step of the loop
// then reads two texels for eight multiply-adds, four a read, where rows of four give 16 for five reads. (tfjs does the same.)

/** A matrix as squares: [⌈rows / 2⌉, ⌈columns / 2⌉] texels, with zeros beyond its edges. */
export function squares(sketch: Sketch, view: View): Source {
  const [rows, columns] = view.shape as [number, number];
  const [down, across] = [Math.ceil(rows / 2), Math.ceil(columns / 2)];
  return sketch.step("float32", 4 * down * across, (w) => {
    const [i, j] = unravel(w, w.threads(down * across), [down, across]) as [string, string];
    const doubled = view.strides.map((stride) => 2 * stride);
    const found = [0, 1, 2, 3].map((c) => {
      const [below, beside] = [c >> 1, c & 1];
      const offset = view.offset + below * view.strides[0]! + beside * view.strides[1]!;
      const { value } = load(w, view.source, placeAt(w, { strides: doubled, offset }, [i, j]));
      const tests = [...(below * (rows % 2) ? [`${i} < ${down - 1}`] : []), ...(beside * (columns % 2) ? [`${j} < ${across - 1}`] : [])];
      return tests.length === 0 ? value : w.let(`${tests.join(" && ")} ? ${value} : 0 * ${i}`);
    });
    w.give(found as unknown as Four);
  });
}

/** The product of two matrices of squares, as squares. */
export function productOfSquares(sketch: Sketch, a: Source, b: Source, [down, steps, across]: readonly [number, number, number]): Source {
  return sketch.step("float32", 4 * down * across, (w) => {
    const [row, column] = unravel(w, w.threads(down * across), [down, across]) as [string, string];
    const sums = [0, 1, 2, 3].map(() => w.variable("0")) as unknown as Four;
    const first = w.let(`${row} * ${steps}`);
    w.repeat(steps, (k) => {
      const [a00, a01, a10, a11] = loadTexel(w, a, { texel: w.let(`${first} + ${k}`) }).map(({ value }) => value) as [string, string, string, string];
      const [b00, b01, b10, b11] = loadTexel(w, b, { texel: w.let(`${k} * ${across} + ${column}`) }).map(({ value }) => value) as [
        string,
        string,
        string,
        string,
      ];
      w.line(`${sums[0]} += ${a00} * ${b00} + ${a01} * ${b10};`);
      w.line(`${sums[1]} += ${a00} * ${b01} + ${a01} * ${b11};`);
      w.line(`${sums[2]} += ${a10} * ${b00} + ${a11} * ${b10};`);
      w.line(`${sums[3]} += ${a10} * ${b01} + ${a11} * ${b11};`);
    });
    w.give(sums);
  });
}
