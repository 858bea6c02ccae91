import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { helper } from "../shader/functions.ts";
import { eachOf, loadQuads, unravel } from "../shader/views.ts";
import { classOf } from "./crossEntropy.ts";
import { alongRow, rowsOf } from "./rows.ts";

// Each thread, for four logits, with p[j] = exp(x[j] − L), label smoothing s and z-loss z:
//   output[j] = cotangent · (p[j] · (1 + 2 · z · L) − s / classes − (1 − s where j is the target))

export const crossEntropyGradient: Planner<"crossEntropyGradient"> = (_call, sketch) => {
  const [cotangent, logits, targets, sums] = sketch.operands() as [View, View, View, View];
  const { size } = rowsOf(logits);
  const { shape } = logits;
  if (isEmpty(shape)) return [undefined];
  return [
    sketch.quads("float32", elementCount(shape), (w, quad) => {
      const [smoothing, z] = [w.takes(0), w.takes(1)];
      w.helper("exp1", helper("exp1"));
      const loaded = loadQuads(w, quad, [alongRow(cotangent, size), logits, alongRow(sums, size), alongRow(targets, size)], shape);
      return eachOf(loaded, ([given, logit, sum], i) => {
        const [, column] = unravel(w, w.let(`${quad} * 4 + ${i}`), shape) as [string, string];
        const [target, valid] = classOf(w, loaded[3]![i]!, size);
        const probability = w.let(`exp1(${w.let(`${logit} - ${sum}`)})`);
        const hit = w.let(`${column} === ${target} ? 1 - ${smoothing} : 0 * ${smoothing}`);
        const result = w.let(`${given} * (${probability} * (1 + 2 * ${z} * ${sum}) - ${smoothing} / ${size} - ${hit})`);
        return w.let(`${valid} > 0 ? ${result} : ${w.notANumber()}`);
      });
    }),
  ];
};
