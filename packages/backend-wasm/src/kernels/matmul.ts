import type { Operand } from "@ashlar/backend";
import { bytesPerElement, coalesce, contiguousStrides, elementCount } from "@ashlar/backend";
import { BLOCK } from "../program/opcodes.ts";
import type { Body } from "./kernel.ts";
import type { Machine, Workspace } from "./machine.ts";
import { costOf } from "./map.ts";
import { storedAs } from "./storedAs.ts";

/** The register tile's rows: assembly/matmul/tile.ts. */
export const ROWS = 6;
/** The columns of a packed panel. */
export const PANEL = 8;
/** Products a nanosecond, about. */
export const FLOPS = 25;
/** From here on one product of a batch is worth sharing. */
const LARGE = 2 ** 21;
/** Up to here a part of the right side is multiplied where it was packed, instead of packed once for all. */
const SOME_ROWS = 384;
/** From here on, in numbers, also where the right side's neighbours lie along its rows, of which parts are short pieces. */
const WIDE = 2 ** 20;
/** Bytes of a right side that don't stay in the second cache. */
const FAR = 2 ** 19;
/** Up to here rows are multiplied one by one, without packing. */
const FEW_ROWS = 12;

/** Up to here where the right side is kept in 16 bits: each row turns it to float32 anew. */
const FEW_ROWS_OF_HALVES = 4;

/** Products of matrices, with the epilogue over their rows while they are in cache: assembly/matmul/. */
export const matmul: Body<"matmul"> = (machine, { settings: { epilogue }, operands, scalars, outputs }, inputs, [out]) => {
  const { shape } = outputs[0]!;
  if (elementCount(shape) === 0) return;
  const { kernels, desk } = machine;
  const plan = planOf(operands[0]!, operands[1]!);
  const { rows, columns, depth, left, right, batch, kind, width } = plan;

  const encoded = epilogue && machine.encoded(epilogue, ["float32", ...operands.slice(2).map(({ dtype }) => dtype)], "matmul epilogue");
  const runs = runOf(plan);
  const shareItems = runs === "packed" && batch.count > 1 && rows * columns * depth < LARGE;
  const inPanels = runs === "packed" && !shareItems && depth > 0 && rows <= SOME_ROWS && (right[0] === 1 || columns * depth >= WIDE);
  const packed = inPanels ? kernels.leftBytes(rows, depth) : runs === "packed" ? kernels.rightBytes(columns, depth) : 0;
  const blocks = runs === "matrix" ? kernels.blocksOf(depth) : 1;
  const partial = 4 * (blocks - 1) * rows * columns;
  const buffer = inPanels ? kernels.panelsBytes(depth) : runs === "packed" ? kernels.rowsBytes(rows, depth) : 0;
  const arranged = runs === "halves" ? depth * 4 : 0;
  const room = shareItems
    ? machine.workspace("matmul", { own: buffer + packed + (encoded?.workspace ?? 0) })
    : machine.workspace("matmul", { shared: packed + partial + arranged, own: buffer + (encoded?.workspace ?? 0) });
  desk.begin();
  let program: readonly [image: number, space: number, operands: number] = [0, 0, 0];
  if (encoded) {
    const walk = desk.walk(shape, epilogueOperands(shape, operands, inputs, out!));
    program = [machine.written(encoded, scalars, walk, elementCount(shape)), walk.space, walk.operands];
  }
  const [a, b] = plan.swapped ? [inputs[1]!, inputs[0]!] : [inputs[0]!, inputs[1]!];
  const { own, stride } = room;

  if (shareItems) {
    const strides = [...batch.left.map((step) => step * 4), ...batch.right.map((step) => step * width)];
    const items = desk.words([batch.shape.length, ...batch.shape, ...strides]);
    const sides = [kind, a, left[0] * 4, left[1] * 4, b, right[0] * width, right[1] * width, out!, rows, columns, depth] as const;
    const workspace = own + buffer + packed;
    const values = [...sides, items, ...program, own, workspace] as const;
    machine.spread("matmulItems", { values, count: batch.count, cost: (rows * columns * depth) / FLOPS + 500, own: [15, 16], stride });
    return;
  }
  for (let item = 0; item < batch.count; item++) {
    const position = item * rows * columns;
    const from = { a: a + 4 * itemOffset(batch.shape, batch.left, item), b: b + width * itemOffset(batch.shape, batch.right, item) };
    const at: Item = { ...from, c: out! + position * 4, position };
    if (inPanels) multiplyPanels(machine, plan, at, program, room, buffer);
    else if (runs === "packed") multiplyBlocks(machine, plan, at, program, room, buffer);
    else if (blocks > 1) {
      const values = [kind, at.a, at.b, right[0] * width, at.c, room.shared, rows, columns, depth] as const;
      machine.spread("rowsTimesBlocks", { values, count: blocks, cost: (depth * columns * streamed(plan)) / blocks });
      machine.run("addBlocks", at.c, room.shared, blocks, rows * columns);
    } else if (runs === "matrix") {
      const values = [kind, at.a, at.b, right[0] * width, at.c, rows, columns, depth, 0] as const;
      machine.spread("rowsTimesMatrix", { values, count: columns, cost: depth * streamed(plan), multiple: 16 });
    } else if (runs === "halves") {
      machine.run("arrangeForHalves", kind, at.a, depth, room.shared);
      const values = [kind, room.shared, at.a, at.b, right[1] * width, at.c, depth] as const;
      machine.spread("rowTimesHalves", { values, count: columns, cost: depth * streamed(plan), multiple: 48 });
    } else {
      const values = [kind, at.a, at.b, right[1] * width, at.c, rows, columns, depth] as const;
      machine.spread("rowsTimesTransposed", { values, count: columns, cost: depth * streamed(plan), multiple: 16 });
    }
  }
  if (encoded && runs !== "packed") {
    const values = [...program, out!, own] as const;
    machine.spread("map", { values, count: elementCount(shape), cost: costOf(encoded), multiple: BLOCK, own: [4], stride });
  }
};

/** Where one item of a batch lies, and the position of its first number in the whole output. */
interface Item {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly position: number;
}

/** About how long a number of the right side takes for all rows, in nanoseconds: what the second cache can't hold comes from farther away. */
function streamed({ rows, columns, depth, width }: Plan): number {
  return Math.max(0.06 * rows, columns * depth * width >= FAR ? 0.04 * width : 0);
}

/** A product of some rows: they are packed once, and every thread packs the columns that it multiplies. */
function multiplyPanels(
  machine: Machine,
  plan: Plan,
  { a, b, c, position }: Item,
  program: readonly [number, number, number],
  { own, stride, shared }: Workspace,
  buffer: number,
) {
  const { rows, columns, depth, left, right, kind, width } = plan;
  const packing = [a, left[0] * 4, left[1] * 4, rows, depth, shared] as const;
  machine.spread("packRows", { values: packing, count: Math.ceil(rows / ROWS), cost: depth * ROWS * 0.25 });
  const sides = [kind, shared, b, right[0] * width, right[1] * width, c, rows, columns, depth] as const;
  const values = [...sides, ...program, position, own, own + buffer] as const;
  const cost = (PANEL * rows * depth) / FLOPS + PANEL * depth * 0.25;
  machine.spread("multiplyPanels", { values, count: Math.ceil(columns / PANEL), cost, multiple: 4, own: [13, 14], stride });
}

/** One large product: block after block of B, each packed and multiplied by all threads. */
function multiplyBlocks(
  machine: Machine,
  plan: Plan,
  { a, b, c, position }: Item,
  program: readonly [number, number, number],
  room: Workspace,
  buffer: number,
) {
  const { rows, columns, depth, left, right, kind, width: bytes } = plan;
  const { own, stride, shared } = room;
  const [mostDeep, mostWide] = [machine.kernels.blockDepth(), machine.kernels.blockWidth()];
  for (let j = 0; j < columns; j += mostWide) {
    const width = Math.min(mostWide, columns - j);
    for (let k = 0; k === 0 || k < depth; k += mostDeep) {
      const deep = Math.min(mostDeep, depth - k);
      const from = b + (k * right[0] + j * right[1]) * bytes;
      const packing = [kind, from, right[0] * bytes, right[1] * bytes, deep, width, shared] as const;
      machine.spread("packPanels", { values: packing, count: Math.ceil(width / PANEL), cost: deep * PANEL * 0.25 });
      const isLast = k + deep >= depth;
      const sides = [a + k * left[1] * 4, left[0] * 4, left[1] * 4, shared, c + j * 4, columns * 4, width, deep, Number(k > 0)] as const;
      const values = [...sides, ...(isLast ? program : ([0, 0, 0] as const)), position + j, own, own + buffer] as const;
      machine.spread("multiplyRows", { values, count: rows, cost: (width * deep) / FLOPS, multiple: ROWS, own: [13, 14], stride });
    }
  }
}

// The elements from the first item to this one.
function itemOffset(shape: readonly number[], strides: readonly number[], item: number): number {
  let offset = 0;
  for (let axis = shape.length - 1, rest = item; axis >= 0; axis--) {
    offset += (rest % shape[axis]!) * strides[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return offset;
}

/** What is multiplied, item by item of a batch: strides in elements. */
interface Plan {
  /** Whether the right operand stands on the left: a matrix times a vector is that vector times the transposed matrix. */
  readonly swapped: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  /** How the right side's numbers are stored, and the bytes of one. */
  readonly kind: number;
  readonly width: number;
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
  const stored = { kind: storedAs(b.dtype), width: bytesPerElement(b.dtype) };
  const right = [b.strides[rank - 2]!, b.strides[rank - 1]!] as const;
  const merged = coalesce({ shape: a.shape.slice(0, -2), strides: [a.strides.slice(0, -2), b.strides.slice(0, -2)] });
  const { shape } = merged;
  const batch = { count: elementCount(shape), shape, left: merged.strides[0]!, right: merged.strides[1]! };
  // one right side for a whole batch whose left sides follow one another: a single product with more rows
  if (shape.length === 1 && batch.right[0] === 0 && (rows === 1 || batch.left[0] === rows * left[0])) {
    const all = { count: 1, shape: [], left: [], right: [] };
    return { ...stored, swapped: false, rows: rows * shape[0]!, columns, depth, left: [rows === 1 ? batch.left[0]! : left[0], left[1]], right, batch: all };
  }
  if (stored.width === 4 && columns === 1 && rows > FEW_ROWS && (left[0] === 1 || left[1] === 1) && right[0] === 1) {
    const exchanged = { ...batch, left: batch.right, right: batch.left };
    return { ...stored, swapped: true, rows: 1, columns: rows, depth, left: [depth, 1], right: [left[1], left[0]], batch: exchanged };
  }
  return { ...stored, swapped: false, rows, columns, depth, left, right, batch };
}

// Few rows need A's rows to lie one after the other and B to lie along its columns or along its depth.
function runOf({ rows, depth, left, right, width }: Plan): "packed" | "matrix" | "transposed" | "halves" {
  const isDense = left[1] === 1 && (rows === 1 || left[0] === depth);
  if (rows > (width === 4 ? FEW_ROWS : FEW_ROWS_OF_HALVES) || depth === 0 || !isDense) return "packed";
  if (right[1] === 1) return "matrix";
  return right[0] !== 1 ? "packed" : width === 2 && rows === 1 ? "halves" : "transposed";
}

function epilogueOperands(shape: readonly number[], operands: readonly Operand[], inputs: readonly number[], out: number) {
  const product = { address: out, strides: contiguousStrides(shape) };
  return [product, ...operands.slice(2).map(({ strides }, index) => ({ address: inputs[index + 2]!, strides }))];
}
