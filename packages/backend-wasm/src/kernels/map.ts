import { elementCount } from "@ashlar/backend";
import type { Encoded } from "../program/encode.ts";
import { BLOCK } from "../program/opcodes.ts";
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
  const { own, stride } = machine.workspace("map", { own: encoded.workspace });
  const desk = machine.desk.begin();
  const walk = desk.walk(
    shape,
    operands.map(({ strides }, index) => ({ address: inputs[index]!, strides })),
  );
  const image = machine.written(encoded, scalars, walk, count);
  const { space, operands: described } = walk;
  machine.spread("map", { values: [image, space, described, out!, own], count, cost: costOf(encoded), multiple: BLOCK, own: [4], stride });
};

/** About how long a program takes for a number, in nanoseconds. */
export function costOf({ steps }: Encoded): number {
  return 0.15 + 0.15 * steps;
}
