import type { ComputeType } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import { runProgram } from "../shader/program.ts";
import { loadQuads } from "../shader/views.ts";
import { fewArrays } from "./fewArrays.ts";

// Each thread, for four neighbouring elements:
//   output[i] = program(x₀[i], x₁[i], …, scalars)

export const map: Planner<"map"> = ({ settings: { program }, operands, scalars, outputs }, sketch) => {
  const { shape, dtype } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  const types = operands.map((operand) => operand.dtype as ComputeType);
  const views = fewArrays(sketch, sketch.operands());
  return [
    sketch.quads(dtype, elementCount(shape), (w, quad) => {
      const numbers = scalars.map((_, index) => w.takes(index));
      const loaded = loadQuads(w, quad, views, shape);
      return [0, 1, 2, 3].map((i) =>
        runProgram(
          w,
          program,
          types,
          loaded.map((values) => values[i]!),
          numbers,
        ),
      );
    }),
  ];
};
