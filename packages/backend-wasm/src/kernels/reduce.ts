import type { ReduceKind } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";
import { BLOCK } from "../program/opcodes.ts";
import type { Body } from "./kernel.ts";

// The kinds of assembly/reduceFold.ts.
const kinds: Readonly<Record<ReduceKind, number>> = { sum: 0, product: 1, maximum: 2, minimum: 3, argmax: 4, argmin: 5 };

/**
 * Folds axes: assembly/reduceRows.ts where the last axis is folded (and for all arg-folds), else assembly/reduceColumns.ts, over the axes in the
 * order [kept …, folded …, the kept ones at the end].
 */
export const reduce: Body<"reduce"> = (machine, { settings: { kind, axes, program }, operands, scalars }, inputs, [out]) => {
  const { shape, dtype } = operands[0]!;
  const encoded = program
    ? machine.encoded(
        program,
        operands.map((operand) => operand.dtype),
        "reduce",
      )
    : machine.identity(dtype as "float32" | "int32" | "bool");
  const all = [...shape.keys()];
  const folded = all.filter((axis) => axes.includes(axis));
  const kept = all.filter((axis) => !axes.includes(axis));
  const isArg = kinds[kind] >= kinds.argmax;
  // an axis of one element is as good as folded
  const lastFolded = Math.max(-1, ...folded.filter((axis) => shape[axis] !== 1));
  const inner = isArg || lastFolded < 0 ? [] : kept.filter((axis) => axis > lastFolded);
  // a transpose: its rows' numbers lie far apart, its columns' together
  const last = kept.at(-1);
  if (!isArg && inner.length === 0 && last !== undefined && shape[last]! >= 8 && operands[0]!.strides[last] === 1) inner.push(last);
  const outer = kept.filter((axis) => !inner.includes(axis));
  const order = [...outer, ...folded, ...inner];
  const size = elementCount(folded.map((axis) => shape[axis]!));
  const columns = elementCount(inner.map((axis) => shape[axis]!));
  const rows = elementCount(outer.map((axis) => shape[axis]!));
  if (rows * columns === 0) return;

  const blocks = machine.heap.workspace(encoded.workspace + (BLOCK + 8) * 8, "reduce");
  const results = blocks + encoded.workspace;
  const desk = machine.desk.begin();
  const image = desk.program(encoded, scalars);
  const walk = desk.walk(
    order.map((axis) => shape[axis]!),
    operands.map(({ strides }, index) => ({ address: inputs[index]!, strides: order.map((axis) => strides[axis]!) })),
    { gathered: !program },
  );
  const isInteger = Number(encoded.type !== "float32");
  if (columns === 1) machine.kernels.reduceRows(kinds[kind], isInteger, image, walk.space, walk.operands, out!, size, 0, rows, blocks);
  else {
    const pieces = rows * Math.ceil(columns / BLOCK);
    machine.kernels.reduceColumns(kinds[kind], isInteger, image, walk.space, walk.operands, out!, size, columns, 0, pieces, blocks, results);
  }
};
