import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { eachOf, loadQuads } from "../shader/views.ts";

// A shader has one output, so there are three; each thread, for four elements:
//   m ← β₁ · m + (1 − β₁) · g        v ← β₂ · v + (1 − β₂) · g²
//   p ← p · (1 − rate · decay) − rate · (m / c₁) / (√(v / c₂) + ε)

export const adamW: Planner<"adamW"> = (_call, sketch) => {
  const [parameter, gradient, first, second] = sketch.operands() as [View, View, View, View];
  const { shape } = parameter;
  if (isEmpty(shape)) return [undefined, undefined, undefined];
  const count = elementCount(shape);
  const m = sketch.quads("float32", count, (w, quad) => {
    const [beta, rest] = [w.takes(1), w.takes(({ scalars }) => 1 - scalars[1]!)];
    return eachOf(loadQuads(w, quad, [first, gradient], shape), ([old, g]) => w.let(`${beta} * ${old} + ${rest} * ${g}`));
  });
  const v = sketch.quads("float32", count, (w, quad) => {
    const [beta, rest] = [w.takes(2), w.takes(({ scalars }) => 1 - scalars[2]!)];
    return eachOf(loadQuads(w, quad, [second, gradient], shape), ([old, g]) => w.let(`${beta} * ${old} + ${rest} * ${g} * ${g}`));
  });
  const p = sketch.quads("float32", count, (w, quad) => {
    const keep = w.takes(({ scalars }) => 1 - scalars[0]! * scalars[4]!);
    const [rate, epsilon] = [w.takes(({ scalars }) => scalars[0]! / scalars[5]!), w.takes(3)];
    const corrected = w.takes(({ scalars }) => 1 / scalars[6]!);
    return eachOf(loadQuads(w, quad, [parameter, wholeView(m, shape), wholeView(v, shape)], shape), ([old, mean, square]) =>
      w.let(`${old} * ${keep} - ${rate} * ${mean} / (Math.sqrt(${square} * ${corrected}) + ${epsilon})`),
    );
  });
  return [p, m, v];
};
