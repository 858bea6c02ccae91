import type { Planner, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import type { Value } from "../shader/views.ts";
import { loadAt } from "../shader/views.ts";
import { aboutRows, eachInRow, ofRows, rowsOf } from "./rows.ts";
import { logSumExp } from "./softmax.ts";

// A thread a row, with L = log Σⱼ exp(x[j]), label smoothing s and z-loss z:
//   loss = (1 − s) · (L − x[target]) + s · (L − Σ x / classes) + z · L²        NaN where the target is no class

export const crossEntropy: Planner<"crossEntropy"> = (_call, sketch) => {
  const [logits, targets] = sketch.operands() as [View, View];
  const { outer, rows, size } = rowsOf(logits);
  if (isEmpty(logits.shape)) return [undefined, undefined];
  const about = aboutRows(sketch, outer, (w, row) => {
    const [smoothing, z] = [w.takes(0), w.takes(1)];
    const [target, valid] = classOf(w, loadAt(w, targets, row), size);
    const { around, log } = logSumExp(w, logits, row);
    const sum = w.let(`${around} + ${log}`);
    const total = w.variable("0");
    eachInRow(w, [logits], row, ([value]) => w.line(`${total} += ${value};`));
    const hit = loadAt(w, logits, [...row, target]).value;
    const plain = w.let(`(1 - ${smoothing}) * (${around} - ${hit} + ${log}) + ${z} * ${sum} * ${sum}`);
    // Without smoothing the mean stays out, so that a class masked by −Infinity does no harm (0 · Infinity is NaN).
    const smoothed = w.let(`${plain} + ${smoothing} * (${around} - ${total} / ${size} + ${log})`);
    const loss = w.let(`${smoothing} === 0 ? ${plain} : ${smoothed}`);
    return [w.let(`${valid} > 0 ? ${loss} : ${w.notANumber()}`), sum, sum, sum];
  });
  return [ofRows(sketch, about, rows, 0), ofRows(sketch, about, rows, 1)];
};

/** A target as a number inside the classes, and whether it was one. */
export function classOf(w: StepWriter, { value, high }: Value, classes: number): [target: string, valid: string] {
  const target = w.let(`${high} * 65536 + ${value}`);
  const valid = w.let(`${target} >= 0 && ${target} < ${classes} ? 1 : 0`);
  return [w.let(`${valid} > 0 ? ${target} : 0 * ${valid}`), valid];
}
