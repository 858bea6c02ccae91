import type { DType, Operand } from "@ashlar/backend";
import { bytesPerElement, contiguousStrides, elementCount } from "@ashlar/backend";
import type { Machine } from "./machine.ts";

// The kinds of assembly/copy.ts.
const WORDS = 0;
const HALF_WORDS = 1;
const conversions: Readonly<Record<string, number>> = {
  "float32 float16": 2,
  "float32 bfloat16": 3,
  "float16 float32": 4,
  "bfloat16 float32": 5,
};

/**
 * Copies an operand, whose first element is at `from`, to `to`: in row-major order, or with the strides `over`; converting between float32 and the
 * 16-bit floats where the types differ.
 */
export function copyOperand(machine: Machine, operand: Operand, from: number, to: number, type: DType, over?: readonly number[]): void {
  const { shape, dtype } = operand;
  const strides = over ?? contiguousStrides(shape);
  const count = elementCount(shape);
  if (count === 0) return;
  const kind = dtype === type ? (bytesPerElement(type) === 4 ? WORDS : HALF_WORDS) : conversions[`${dtype} ${type}`];
  if (kind === undefined) {
    // from one 16-bit float to the other: through float32
    const wide = machine.heap.allocate(count * 4, "float32", "copy");
    try {
      const address = machine.heap.addressOf(wide, "copy");
      copyOperand(machine, operand, from, address, "float32");
      copyOperand(machine, { ...operand, dtype: "float32", strides: contiguousStrides(shape) }, address, to, type, strides);
    } finally {
      machine.heap.free(wide, "copy");
    }
    return;
  }
  const source = { address: from, strides: operand.strides, width: bytesPerElement(dtype) };
  const target = { address: to, strides, width: bytesPerElement(type) };
  const desk = machine.desk.begin();
  if (kind === WORDS) {
    const transposed = transposedAxis(shape, operand.strides, strides);
    if (transposed !== undefined) {
      const order = [...shape.keys()].filter((axis) => axis !== transposed.rows && axis !== transposed.columns).concat(transposed.rows, transposed.columns);
      const moved = <T>(values: readonly T[]): T[] => order.map((axis) => values[axis]!);
      const walk = desk.walkAsIs(moved(shape), [
        { ...source, strides: moved(operand.strides) },
        { ...target, strides: moved(strides) },
      ]);
      const matrix = shape[transposed.rows]! * shape[transposed.columns]!;
      machine.spread("copyTransposed", { values: [walk.space, walk.operands], count: count / matrix, cost: 0.5 * matrix });
      return;
    }
  }
  const walk = desk.walk(shape, [source, target]);
  const width = walk.shape.at(-1)!;
  machine.spread("copyRows", { values: [kind, walk.space, walk.operands], count: count / width, cost: 3 + 0.3 * width });
}

// The axis along which the source's neighbours lie (rows) and the one along which the target's do, where these are two and worth it.
function transposedAxis(shape: readonly number[], source: readonly number[], target: readonly number[]): { rows: number; columns: number } | undefined {
  const rows = shape.findIndex((size, axis) => size >= 4 && source[axis] === 1);
  const columns = shape.findIndex((size, axis) => size >= 4 && target[axis] === 1);
  return rows < 0 || columns < 0 || rows === columns ? undefined : { rows, columns };
}
