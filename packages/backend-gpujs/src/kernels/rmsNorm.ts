import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { eachOf, loadQuads } from "../shader/views.ts";
import { aboutRows, eachInRow, ofRows, overRows, repeated, rowsOf } from "./rows.ts";

// First, a thread a row: r = 1 / √(Σ x² / size + epsilon). Then each thread, for four elements:
//   output[j] = x[j] · r · weight[j]

export const rmsNorm: Planner<"rmsNorm"> = (_call, sketch) => {
  const [x, weight] = sketch.operands() as [View, View];
  const { outer, rows, size } = rowsOf(x);
  if (isEmpty(x.shape)) return [undefined, undefined];
  const about = aboutRows(sketch, outer, (w, row) => {
    const epsilon = w.takes(0);
    const squares = w.variable("0");
    eachInRow(w, [x], row, ([value]) => w.line(`${squares} += ${value} * ${value};`));
    const reciprocal = w.let(`1 / Math.sqrt(${squares} / ${size} + ${epsilon})`);
    return [reciprocal, reciprocal, reciprocal, reciprocal];
  });
  const output = sketch.quads("float32", elementCount(x.shape), (w, quad) =>
    eachOf(loadQuads(w, quad, [x, overRows(weight, outer), repeated(about, outer, size, 0)], x.shape), ([value, factor, scale]) =>
      w.let(`${value} * ${scale} * ${factor}`),
    ),
  );
  return [output, ofRows(sketch, about, rows, 0)];
};
