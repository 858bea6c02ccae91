import type { Operand } from "@ashlar/backend";
import { coalesce, contiguousStrides, elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** Up to here rows are multiplied one by one, without packing. */
const FEW_ROWS = 12;

/** Products of matrices, with the epilogue over their rows while they are in cache: assembly/matmul/. */
export const matmul: Body<"matmul"> = (machine, { settings: { epilogue }, operands, scalars, outputs }, inputs, [out]) => {
  const { shape } = outputs[0]!;
  if (elementCount(shape) === 0) return;
  const { kernels, heap, desk } = machine;
  const plan = planOf(operands[0]!, operands[1]!);
  const { rows, columns, depth, left, right, batch } = plan;

  const encoded = epilogue && machine.encoded(epilogue, ["float32", ...operands.slice(2).map(({ dtype }) => dtype)], "matmul epilogue");
  const own = (kernels.matmulWorkspace(rows, columns, depth) + FEW_ROWS * depth * 4 + 127) & ~63;
  const buffer = heap.workspace(own + (encoded?.workspace ?? 0), "matmul");
  const blocks = buffer + own;
  desk.begin();
  const image = encoded ? desk.program(encoded, scalars) : 0;
  const walk = encoded && desk.walk(shape, epilogueOperands(shape, operands, inputs, out!));

  const runs = runOf(plan);
  for (let item = 0; item < batch.count; item++) {
    let a = inputs[plan.swapped ? 1 : 0]!;
    let b = inputs[plan.swapped ? 0 : 1]!;
    for (let axis = batch.shape.length - 1, rest = item; axis >= 0; axis--) {
      const size = batch.shape[axis]!;
      a += (rest % size) * batch.left[axis]! * 4;
      b += (rest % size) * batch.right[axis]! * 4;
      rest = Math.floor(rest / size);
    }
    const position = item * rows * columns;
    const c = out! + position * 4;
    if (runs === "packed") {
      kernels.matmul(
        a,
        left[0] * 4,
        left[1] * 4,
        b,
        right[0] * 4,
        right[1] * 4,
        c,
        0,
        rows,
        columns,
        depth,
        buffer,
        image,
        walk?.space ?? 0,
        walk?.operands ?? 0,
        position,
        blocks,
      );
      continue;
    }
    if (runs === "matrix") kernels.rowsTimesMatrix(a, b, right[0] * 4, c, rows, 0, columns, columns, depth, 0);
    else kernels.rowsTimesTransposed(a, b, right[1] * 4, c, rows, 0, columns, columns, depth);
    if (walk) kernels.map(image, walk.space, walk.operands, out!, position, position + rows * columns, blocks);
  }
};

/** What is multiplied, item by item of a batch: strides in elements. */
interface Plan {
  /** Whether the right operand stands on the left: a matrix times a vector is that vector times the transposed matrix. */
  readonly swapped: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** Along rows and depth. */
  readonly left: readonly [number, number];
  /** Along depth and columns. */
  readonly right: readonly [number, number];
  readonly batch: { readonly count: number; readonly shape: readonly number[]; readonly left: readonly number[]; readonly right: readonly number[] };
}

function planOf(a: Operand, b: Operand): Plan {
  const rank = a.shape.length;
  const depth = a.shape[rank - 1]!;
  const rows = a.shape[rank - 2]!;
  const columns = b.shape[rank - 1]!;
  const left = [a.strides[rank - 2]!, a.strides[rank - 1]!] as const;
  const right = [b.strides[rank - 2]!, b.strides[rank - 1]!] as const;
  const merged = coalesce({ shape: a.shape.slice(0, -2), strides: [a.strides.slice(0, -2), b.strides.slice(0, -2)] });
  const { shape } = merged;
  const batch = { count: elementCount(shape), shape, left: merged.strides[0]!, right: merged.strides[1]! };
  // one right side for a whole batch whose left sides follow one another: a single product with more rows
  if (shape.length === 1 && batch.right[0] === 0 && (rows === 1 || batch.left[0] === rows * left[0])) {
    const all = { count: 1, shape: [], left: [], right: [] };
    return { swapped: false, rows: rows * shape[0]!, columns, depth, left: [rows === 1 ? batch.left[0]! : left[0], left[1]], right, batch: all };
  }
  if (columns === 1 && rows > FEW_ROWS && (left[0] === 1 || left[1] === 1) && right[0] === 1) {
    const exchanged = { ...batch, left: batch.right, right: batch.left };
    return { swapped: true, rows: 1, columns: rows, depth, left: [depth, 1], right: [left[1], left[0]], batch: exchanged };
  }
  return { swapped: false, rows, columns, depth, left, right, batch };
}

// Few rows need A's rows to lie one after the other and B to lie along its columns or along its depth.
function runOf({ rows, depth, left, right }: Plan): "packed" | "matrix" | "transposed" {
  const isDense = left[1] === 1 && (rows === 1 || left[0] === depth);
  if (rows > FEW_ROWS || depth === 0 || !isDense) return "packed";
  return right[1] === 1 ? "matrix" : right[0] === 1 ? "transposed" : "packed";
}

function epilogueOperands(shape: readonly number[], operands: readonly Operand[], inputs: readonly number[], out: number) {
  const product = { address: out, strides: contiguousStrides(shape) };
  return [product, ...operands.slice(2).map(({ strides }, index) => ({ address: inputs[index + 2]!, strides }))];
}
