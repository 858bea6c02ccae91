import { elementCount } from "@ashlar/backend";
import type { Planner, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { helper } from "../shader/functions.ts";
import { eachOf, loadQuads } from "../shader/views.ts";
import { aboutRows, eachInRow, repeated, rowsOf } from "./rows.ts";

// First, a thread a row: the largest element and log Σⱼ exp(x[j] − largest); their sum would lose the digits of the second where the first is
// large. Then each thread, for four elements:
//   output[j] = exp(x[j] − largest − log Σ)        or with `log` without exp

export const softmax: Planner<"softmax"> = ({ settings: { log } }, sketch) => {
  const x = sketch.operand(0);
  const { outer, size } = rowsOf(x);
  if (isEmpty(x.shape)) return [undefined];
  const sums = aboutRows(sketch, outer, (w, row) => {
    const { around, log: logarithm } = logSumExp(w, x, row);
    return [around, logarithm, around, logarithm];
  });
  return [
    sketch.quads("float32", elementCount(x.shape), (w, quad) => {
      w.helper("exp1", helper("exp1"));
      return eachOf(loadQuads(w, quad, [x, repeated(sums, outer, size, 0), repeated(sums, outer, size, 1)], x.shape), ([value, around, logarithm]) => {
        const difference = w.let(`${value} - ${around} - ${logarithm}`);
        return log ? difference : w.let(`exp1(${difference})`);
      });
    }),
  ];
};

/** The largest element of a row (0 where all are −Infinity), and the logarithm of Σ exp(x − largest). */
export function logSumExp(w: StepWriter, x: View, row: readonly string[]): { readonly around: string; readonly log: string } {
  for (const name of ["maximum1", "exp1"]) w.helper(name, helper(name));
  const least = w.let(`0 - ${w.infinity()}`);
  const largest = w.variable(`${least} + 0`);
  eachInRow(w, [x], row, ([value]) => w.line(`${largest} = maximum1(${largest}, ${value});`));
  const around = w.let(`${largest} === ${least} ? 0 : ${largest}`);
  const sum = w.variable("0");
  eachInRow(w, [x], row, ([value]) => w.line(`${sum} += exp1(${w.let(`${value} - ${around}`)});`));
  const logarithm = w.let(`Math.log(${sum} > 0 ? ${sum} : 1)`);
  // NaN where the largest is NaN or Infinity, whatever the driver's logarithm makes of that
  const broken = w.let(`${largest} - ${largest}`);
  return { around, log: w.let(`${largest} === ${least} ? ${least} : ${logarithm} + ${broken}`) };
}
