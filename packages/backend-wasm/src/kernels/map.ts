import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Runs a program for every element: assembly/map.ts. */
export const map: Body<"map"> = (machine, { settings: { program }, operands, scalars, outputs }, inputs, [out]) => {
  const { shape } = outputs[0]!;
  const count = elementCount(shape);
  if (count === 0) return;
  const encoded = machine.encoded(
    program,
    operands.map(({ dtype }) => dtype),
    "map",
  );
  const workspace = machine.heap.workspace(encoded.workspace, "map");
  const desk = machine.desk.begin();
  const image = desk.program(encoded, scalars);
  const { space, operands: described } = desk.walk(
    shape,
    operands.map(({ strides }, index) => ({ address: inputs[index]!, strides })),
  );
  machine.kernels.map(image, space, described, out!, 0, count, workspace);
};
