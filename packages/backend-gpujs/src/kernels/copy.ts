import type { DType } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";
import type { Planner, Sketch, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { decode16, encode16 } from "../shader/halves.ts";
import { literal } from "../shader/program.ts";
import type { Value } from "../shader/views.ts";
import { loadAt, loadQuads, unravel } from "../shader/views.ts";
import { constant } from "../shader/whole.ts";
import { MOST_ARRAYS } from "./fewArrays.ts";

// Each thread, for four neighbouring elements of the output:
//   output[…] = fill, or x[… − offset], converted, of the one operand x whose region holds the place

export const copy: Planner<"copy"> = ({ settings: { offsets, fill }, outputs }, sketch) => {
  const { shape, dtype } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  const pieces = sketch.operands().flatMap((view, index) => (isEmpty(view.shape) ? [] : [{ view, offset: offsets[index]! }]));
  const [only] = pieces;
  if (pieces.length === 1 && only!.view.shape.every((size, axis) => size === shape[axis])) return [convertAll(sketch, only!.view, shape, dtype)];
  // A shader reads seven arrays, so that more pieces come in turns, each on top of the one before.
  let below: Source | undefined;
  do {
    const turn = pieces.splice(0, MOST_ARRAYS - 1);
    below = paste(sketch, turn, below, shape, dtype, fill);
  } while (pieces.length > 0);
  return [below];
};

/** A view of an operand's 16-bit floats as float32, which the device makes of the whole operand once and keeps; any other view as it is. */
export function widened(view: View): View {
  const { dtype, of, texels } = view.source;
  if ((dtype !== "float16" && dtype !== "bfloat16") || !("operand" in of) || isEmpty(view.shape)) return view;
  return { ...view, source: { of: { ...of, wide: true }, dtype: "float32", texels, plane: 0 } };
}

/** A view made contiguous. */
export function contiguous(sketch: Sketch, view: View): Source {
  return convertAll(sketch, view, view.shape, view.source.dtype);
}

function convertAll(sketch: Sketch, view: View, shape: readonly number[], dtype: DType): Source {
  return sketch.quads(dtype, elementCount(shape), (w, quad) =>
    loadQuads(w, quad, [view], shape)[0]!.map((value) => convert(w, value, view.source.dtype, dtype)),
  );
}

/** A view and where its first element goes. */
export interface Piece {
  readonly view: View;
  readonly offset: readonly number[];
}

/** Lays pieces over what is below them, or over a background. */
export function paste(sketch: Sketch, pieces: readonly Piece[], below: Source | undefined, shape: readonly number[], dtype: DType, fill: number): Source {
  return sketch.quads(dtype, elementCount(shape), (w, quad) => {
    const ground: readonly Value[] = below ? loadQuads(w, quad, [wholeView(below, shape)], shape)[0]! : new Array<Value>(4).fill(background(w, fill, dtype));
    return ground.map((from, i) => {
      const value = w.variable(from.value);
      const high = from.high === undefined ? undefined : w.variable(from.high);
      const coordinates = unravel(w, w.let(`${quad} * 4 + ${i}`), shape);
      for (const { view, offset } of pieces) {
        const inside = coordinates.map((at, axis) => (offset[axis] === 0 ? at : w.let(`${at} - ${offset[axis]}`)));
        const tests = inside.flatMap((at, axis) => [`${at} >= 0`, `${at} < ${view.shape[axis]}`]);
        w.when(tests.join(" && ") || "0 < 1", () => {
          const taken = convert(w, loadAt(w, view, inside), view.source.dtype, dtype);
          w.line(`${value} = ${taken.value};`);
          if (high !== undefined) w.line(`${high} = ${taken.high};`);
        });
      }
      return high === undefined ? { value } : { value, high };
    });
  });
}

function background(w: StepWriter, fill: number, dtype: DType): Value {
  if (dtype === "int32") return constant(fill);
  return convert(w, { value: literal(w, Math.fround(fill)) }, "float32", dtype);
}

function convert(w: StepWriter, value: Value, from: DType, to: DType): Value {
  if (from === to || from === "int32" || from === "bool") return value;
  const wide = from === "float32" ? value.value : decode16(w, value.value, from as "float16" | "bfloat16");
  return { value: to === "float32" ? wide : to === "bool" ? wide : encode16(w, wide, to as "float16" | "bfloat16") };
}
