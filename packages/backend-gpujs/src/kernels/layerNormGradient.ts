import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { eachOf, loadAt, loadQuads } from "../shader/views.ts";
import { sumOver } from "./reduce.ts";
import { aboutRows, alongRow, eachInRow, overRows, repeated, rowsOf } from "./rows.ts";
import { zeros } from "./zeros.ts";

// With n[j] = (x[j] − mean) · r and g[j] = cotangent[j] · weight[j], first, a thread a row: Σ g / size and Σ (g · n) / size. Then
//   ofX[j] = r · (g[j] − Σ g / size − n[j] · Σ (g · n) / size)
//   ofWeight[j] = Σ cotangent[j] · n[j]        ofBias[j] = Σ cotangent[j]        over all rows

export const layerNormGradient: Planner<"layerNormGradient"> = ({ outputs }, sketch) => {
  const [cotangent, x, weight, mean, reciprocal] = sketch.operands() as [View, View, View, View, View];
  const { outer, size } = rowsOf(x);
  if (isEmpty(x.shape)) return [undefined, zeros(sketch, outputs[1]!.shape), zeros(sketch, outputs[2]!.shape)];
  const about = aboutRows(sketch, outer, (w, row) => {
    const [middle, scale] = [loadAt(w, mean, row).value, loadAt(w, reciprocal, row).value];
    const [sum, product] = [w.variable("0"), w.variable("0")];
    eachInRow(w, [cotangent, x, overRows(weight, outer)], row, ([given, value, factor]) => {
      const g = w.let(`${given} * ${factor}`);
      w.line(`${sum} += ${g};`);
      w.line(`${product} += ${g} * (${value} - ${middle}) * ${scale};`);
    });
    return [w.let(`${sum} / ${size}`), w.let(`${product} / ${size}`), sum, product];
  });
  const [means, scales] = [alongRow(mean, size), alongRow(reciprocal, size)];
  const ofX = sketch.quads("float32", elementCount(x.shape), (w, quad) =>
    eachOf(
      loadQuads(w, quad, [cotangent, x, overRows(weight, outer), means, scales, repeated(about, outer, size, 0), repeated(about, outer, size, 1)], x.shape),
      ([given, value, factor, middle, scale, sum, product]) =>
        w.let(`${scale} * (${given} * ${factor} - ${sum} - (${value} - ${middle}) * ${scale} * ${product})`),
    ),
  );
  const normal = sketch.quads("float32", elementCount(x.shape), (w, quad) =>
    eachOf(loadQuads(w, quad, [cotangent, x, means, scales], x.shape), ([given, value, middle, scale]) =>
      w.let(`${given} * (${value} - ${middle}) * ${scale}`),
    ),
  );
  const over = outer.map((_, axis) => axis);
  return [ofX, sumOver(sketch, wholeView(normal, x.shape), over), sumOver(sketch, cotangent, over)];
};
