import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { eachOf, loadQuads } from "../shader/views.ts";
import { aboutRows, eachInRow, ofRows, overRows, repeated, rowsOf } from "./rows.ts";

// First, a thread a row: mean = Σ x / size and r = 1 / √(Σ (x − mean)² / size + epsilon). Then each thread, for four elements:
//   output[j] = (x[j] − mean) · r · weight[j] + bias[j]

export const layerNorm: Planner<"layerNorm"> = (_call, sketch) => {
  const [x, weight, bias] = sketch.operands() as [View, View, View];
  const { outer, rows, size } = rowsOf(x);
  if (isEmpty(x.shape)) return [undefined, undefined, undefined];
  const about = aboutRows(sketch, outer, (w, row) => {
    const epsilon = w.takes(0);
    const sum = w.variable("0");
    eachInRow(w, [x], row, ([value]) => w.line(`${sum} += ${value};`));
    const mean = w.let(`${sum} / ${size}`);
    const squares = w.variable("0");
    eachInRow(w, [x], row, ([value]) => {
      const far = w.let(`${value} - ${mean}`);
      w.line(`${squares} += ${far} * ${far};`);
    });
    const reciprocal = w.let(`1 / Math.sqrt(${squares} / ${size} + ${epsilon})`);
    return [mean, reciprocal, mean, reciprocal];
  });
  const views = [x, overRows(weight, outer), overRows(bias, outer), repeated(about, outer, size, 0), repeated(about, outer, size, 1)];
  const output = sketch.quads("float32", elementCount(x.shape), (w, quad) => {
    return eachOf(loadQuads(w, quad, views, x.shape), ([value, scale, shift, mean, reciprocal]) =>
      w.let(`(${value} - ${mean}) * ${reciprocal} * ${scale} + ${shift}`),
    );
  });
  return [output, ofRows(sketch, about, rows, 0), ofRows(sketch, about, rows, 1)];
};
