import { contiguousStrides, elementCount } from "@ashlar/backend";
import { copyOperand } from "./copyOperand.ts";
import type { Body } from "./kernel.ts";
import { expectInside } from "./outside.ts";

/** Adds elements to their places along an axis: assembly/scatterAdd.ts. */
export const scatterAdd: Body<"scatterAdd"> = (machine, { settings: { axis, size }, operands, outputs }, inputs, [out]) => {
  const [source, indices] = operands as [(typeof operands)[0], (typeof operands)[0]];
  const strides = contiguousStrides(outputs[0]!.shape);
  const [, , onto] = operands;
  if (!onto) machine.run("fillWords", out!, 0, elementCount(outputs[0]!.shape));
  else if (inputs[2] !== out) copyOperand(machine, onto, inputs[2]!, out!, onto.dtype);
  const count = elementCount(source.shape);
  if (count === 0) return;
  const walk = machine.desk.begin().walk(source.shape, [
    { address: inputs[0]!, strides: source.strides },
    { address: inputs[1]!, strides: indices.strides },
    { address: out!, strides: strides.with(axis, 0) },
  ]);
  const isInteger = Number(source.dtype === "int32");
  const rows = count / walk.shape.at(-1)!;
  expectInside(machine.run("scatterAdd", isInteger, walk.space, walk.operands, size, strides[axis]! * 4, 0, rows), "scatterAdd", "index", indices, size);
};
