import { contiguousStrides, elementCount, type KernelCall, type Operand } from "@ashlar/backend";
import { BLOCK } from "../program/opcodes.ts";
import type { Body } from "./kernel.ts";
import type { Machine } from "./machine.ts";
import { costOf } from "./map.ts";
import { FLOPS, PANEL, ROWS } from "./matmul.ts";

/** Up to here a column is unpacked for the rows at hand; more rows are worth packed panels. */
const FEW_ROWS = 12;

/** Products with weights that are quantized in groups, with the epilogue as in `matmul`: assembly/matmul/quantized.ts. */
export const quantizedMatmul: Body<"quantizedMatmul"> = (machine, call, inputs, [out]) => {
  if (elementCount(call.outputs[0]!.shape) === 0) return;
  const [, codes, scales] = call.operands as [Operand, Operand, Operand];
  // the weight is read along its rows, one after the other
  machine.dense(codes, inputs[1]!, "quantizedMatmul", (codesAt) =>
    machine.dense(scales, inputs[2]!, "quantizedMatmul", (scalesAt) => multiply(machine, call, { codes: codesAt, scales: scalesAt }, inputs, out!)),
  );
};

function multiply(
  machine: Machine,
  { settings: { bits, epilogue }, operands, scalars, outputs }: KernelCall<"quantizedMatmul">,
  at: { readonly codes: number; readonly scales: number },
  inputs: readonly number[],
  out: number,
): void {
  const { kernels, desk } = machine;
  const { shape } = outputs[0]!;
  const [rows, columns] = shape as [number, number];
  const x = operands[0]!;
  const depth = x.shape[1]!;
  const groups = operands[2]!.shape[1]!;
  const group = depth > 0 ? depth / groups : 32;
  const encoded = epilogue && machine.encoded(epilogue, ["float32", ...operands.slice(3).map(({ dtype }) => dtype)], "quantizedMatmul epilogue");
  const isDense = x.strides[1] === 1 && (rows === 1 || x.strides[0] === depth);
  const few = depth > 0 && rows <= FEW_ROWS && isDense;

  const [mostDeep, mostWide] = [kernels.blockDepth(), kernels.blockWidth()];
  const arranged = rows === 1 ? depth * 4 : 0;
  const unpacked = kernels.unpackedBytes(few ? depth : Math.min(depth, mostDeep));
  const buffer = few ? 0 : kernels.rowsBytes(rows, depth);
  const own = Math.max(unpacked, buffer);
  const room = machine.workspace("quantizedMatmul", { shared: few ? arranged : kernels.rightBytes(columns, depth), own: own + (encoded?.workspace ?? 0) });
  const { stride } = room;
  desk.begin();
  let program: readonly [image: number, space: number, operands: number] = [0, 0, 0];
  if (encoded) {
    const product = { address: out, strides: contiguousStrides(shape) };
    const walk = desk.walk(shape, [product, ...operands.slice(3).map(({ strides }, index) => ({ address: inputs[index + 3]!, strides }))]);
    program = [machine.written(encoded, scalars, walk, elementCount(shape)), walk.space, walk.operands];
  }

  if (few) {
    if (rows === 1) {
      machine.run("arrangeRow", bits, inputs[0]!, depth, room.shared);
      const values = [bits, room.shared, at.codes, at.scales, group, out, depth] as const;
      machine.spread("rowTimesQuantized", { values, count: columns, cost: depth * 0.06 });
    } else {
      const values = [bits, inputs[0]!, at.codes, at.scales, group, out, rows, columns, depth, room.own] as const;
      machine.spread("rowsTimesQuantized", { values, count: columns, cost: depth * (0.1 + rows * 0.06), multiple: 4, own: [9], stride });
    }
    if (!encoded) return;
    const after = [...program, out, room.own + own] as const;
    machine.spread("map", { values: after, count: elementCount(shape), cost: costOf(encoded), multiple: BLOCK, own: [4], stride });
    return;
  }
  for (let j = 0; j < columns; j += mostWide) {
    const width = Math.min(mostWide, columns - j);
    const [codes, scales] = [at.codes + (j * depth * bits) / 8, at.scales + j * groups * 4];
    for (let k = 0; k === 0 || k < depth; k += mostDeep) {
      const deep = Math.min(mostDeep, depth - k);
      const packing = [bits, codes, scales, group, depth, k, deep, width, room.shared, room.own] as const;
      machine.spread("packQuantizedPanels", { values: packing, count: Math.ceil(width / PANEL), cost: deep * PANEL * 0.4, own: [9], stride });
      const left = inputs[0]! + k * x.strides[1]! * 4;
      const sides = [left, x.strides[0]! * 4, x.strides[1]! * 4, room.shared, out + j * 4, columns * 4, width, deep, Number(k > 0)] as const;
      const values = [...sides, ...(k + deep >= depth ? program : ([0, 0, 0] as const)), j, room.own, room.own + own] as const;
      machine.spread("multiplyRows", { values, count: rows, cost: (width * deep) / FLOPS, multiple: ROWS, own: [13, 14], stride });
    }
  }
}
