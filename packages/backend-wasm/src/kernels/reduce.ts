import type { ReduceKind } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";
import { BLOCK } from "../program/opcodes.ts";
import type { Body } from "./kernel.ts";
import { costOf } from "./map.ts";

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
  const [folded, kept]: [number[], number[]] = [[], []];
  let lastFolded = -1; // an axis of one element is as good as folded
  for (let axis = 0; axis < shape.length; axis++) {
    const isFolded = axes.includes(axis);
    (isFolded ? folded : kept).push(axis);
    if (isFolded && shape[axis] !== 1) lastFolded = axis;
  }
  const isArg = kinds[kind] >= kinds.argmax;
  const inner = isArg || lastFolded < 0 ? [] : kept.filter((axis) => axis > lastFolded);
  // a transpose: its rows' numbers lie far apart, its columns' together
  const last = kept.at(-1);
  if (!isArg && inner.length === 0 && last !== undefined && shape[last]! >= 8 && operands[0]!.strides[last] === 1) inner.push(last);
  const outer = inner.length === 0 ? kept : kept.filter((axis) => !inner.includes(axis));
  const order = [...outer, ...folded, ...inner];
  const size = elementCount(folded.map((axis) => shape[axis]!));
  const columns = elementCount(inner.map((axis) => shape[axis]!));
  const rows = elementCount(outer.map((axis) => shape[axis]!));
  if (rows * columns === 0) return;

  const workspace = machine.workspace("reduce", { own: encoded.workspace + (BLOCK + 8) * 8 });
  const results = workspace.own + encoded.workspace;
  const desk = machine.desk.begin();
  const walk = desk.walk(
    order.map((axis) => shape[axis]!),
    operands.map(({ strides }, index) => ({ address: inputs[index]!, strides: order.map((axis) => strides[axis]!) })),
    { gathered: !program },
  );
  const image = machine.written(encoded, scalars, walk, rows * columns * size);
  const isInteger = Number(encoded.type !== "float32");
  const fold = [kinds[kind], isInteger, image, walk.space, walk.operands, out!, size] as const;
  const { own, stride } = workspace;
  const cost = size * (costOf(encoded) + 0.1);
  if (columns === 1) machine.spread("reduceRows", { values: [...fold, own], count: rows, cost, own: [7], stride });
  else {
    const pieces = rows * Math.ceil(columns / BLOCK);
    const values = [...fold, columns, own, results] as const;
    machine.spread("reduceColumns", { values, count: pieces, cost: cost * Math.min(columns, BLOCK), own: [8, 9], stride });
  }
};
