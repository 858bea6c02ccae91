import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { eachOf, loadAt, loadQuads } from "../shader/views.ts";
import { sumOver } from "./reduce.ts";
import { aboutRows, alongRow, eachInRow, overRows, repeated, rowsOf } from "./rows.ts";
import { zeros } from "./zeros.ts";

// With n[j] = x[j] · r and g[j] = cotangent[j] · weight[j], first, a thread a row: Σ (g · n) / size. Then
//   ofX[j] = r · (g[j] − n[j] · Σ (g · n) / size)
//   ofWeight[j] = Σ cotangent[j] · n[j]        over all rows

export const rmsNormGradient: Planner<"rmsNormGradient"> = ({ outputs }, sketch) => {
  const [cotangent, x, weight, reciprocal] = sketch.operands() as [View, View, View, View];
  const { outer, size } = rowsOf(x);
  if (isEmpty(x.shape)) return [undefined, zeros(sketch, outputs[1]!.shape)];
  const about = aboutRows(sketch, outer, (w, row) => {
    const scale = loadAt(w, reciprocal, row).value;
    const product = w.variable("0");
    eachInRow(w, [cotangent, x, overRows(weight, outer)], row, ([given, value, factor]) => w.line(`${product} += ${given} * ${factor} * ${value} * ${scale};`));
    const mean = w.let(`${product} / ${size}`);
    return [mean, mean, mean, mean];
  });
  const scales = alongRow(reciprocal, size);
  const ofX = sketch.quads("float32", elementCount(x.shape), (w, quad) =>
    eachOf(
      loadQuads(w, quad, [cotangent, x, overRows(weight, outer), scales, repeated(about, outer, size, 0)], x.shape),
      ([given, value, factor, scale, product]) => w.let(`${scale} * (${given} * ${factor} - ${value} * ${scale} * ${product})`),
    ),
  );
  const normal = sketch.quads("float32", elementCount(x.shape), (w, quad) =>
    eachOf(loadQuads(w, quad, [cotangent, x, scales], x.shape), ([given, value, scale]) => w.let(`${given} * ${value} * ${scale}`)),
  );
  return [
    ofX,
    sumOver(
      sketch,
      wholeView(normal, x.shape),
      outer.map((_, axis) => axis),
    ),
  ];
};
