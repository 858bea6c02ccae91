import type { Device, DType, HostArray, KernelCall, KernelName, KernelSettings, Operand } from "@ashlar/backend";
import { bytesPerElement, contiguousStrides, elementCount } from "@ashlar/backend";

/** An operand before it is on a device: the whole buffer's elements, and the view of it. */
export interface HostOperand {
  readonly data: HostArray;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly dtype: DType;
}

/** A call before it is on a device. */
export interface HostCall<Name extends KernelName> {
  readonly kernel: Name;
  readonly settings: KernelSettings[Name];
  readonly operands: readonly HostOperand[];
  readonly scalars?: readonly number[];
  readonly outputs: readonly { readonly shape: readonly number[]; readonly dtype: DType }[];
  readonly donated?: readonly number[];
}

/** Uploads a call's operands, runs it, reads what came out, frees everything. */
export async function runOn<Name extends KernelName>(device: Device, call: HostCall<Name>): Promise<HostArray[]> {
  const operands: Operand[] = call.operands.map(({ data, shape, strides, offset, dtype }) => ({
    buffer: device.upload(data, dtype),
    shape,
    strides,
    offset,
    dtype,
  }));
  const ready = { scalars: [], ...call, operands } as unknown as KernelCall<Name>;
  const run = device.kernels[call.kernel] as (call: KernelCall<Name>) => ReturnType<typeof device.upload>[];
  try {
    const buffers = run(ready);
    const results: HostArray[] = [];
    for (const [index, buffer] of buffers.entries()) {
      const { shape, dtype } = call.outputs[index]!;
      results.push(await device.read({ buffer, shape, strides: contiguousStrides(shape), offset: 0, dtype }));
      if (buffer.bytes !== elementCount(shape) * bytesPerElement(dtype)) throw new Error(`output ${index} has ${buffer.bytes} bytes`);
      device.free(buffer);
    }
    return results;
  } finally {
    for (const [index, { buffer }] of operands.entries()) if (!call.donated?.includes(index)) device.free(buffer);
  }
}

/** The largest difference of two arrays, in units of `absolute + relative · |expected|`: at most 1 is close. */
export function worst(got: HostArray, expected: HostArray, { absolute, relative }: { absolute: number; relative: number }): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < got.length; i++) {
    const a = got[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) continue;
    const off = Math.abs(a - b) / (absolute + relative * Math.abs(b));
    if (Number.isNaN(off)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, off);
  }
  return largest;
}

/** A generator of numbers in [-1, 1) that a seed decides. */
export function numbers(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 31 - 1;
  };
}

/** A view of some shape over fresh random numbers: contiguous, transposed, with gaps, flipped or repeated, as `layout` says axis by axis. */
export function view(
  shape: readonly number[],
  { seed, layout = [], dtype = "float32" }: { seed: number; layout?: readonly Layout[]; dtype?: DType },
): HostOperand {
  const next = numbers(seed);
  // the axes' order in memory: those said to be "moved" come first
  const order = [...shape.keys()].sort((a, b) => Number(layout[a] !== "moved") - Number(layout[b] !== "moved") || a - b);
  const strides = new Array<number>(shape.length).fill(0);
  let step = 1;
  let offset = 0;
  for (const axis of order.toReversed()) {
    const size = shape[axis]!;
    if (layout[axis] === "repeated") continue;
    const gap = layout[axis] === "gaps" ? 2 : 1;
    strides[axis] = step * gap;
    if (layout[axis] === "flipped") {
      strides[axis] = -step;
      offset += step * Math.max(0, size - 1);
    }
    step *= Math.max(1, size) * gap;
  }
  const length = step + 3;
  const values = Array.from({ length }, () => next());
  return { data: filled(values, dtype), shape, strides, offset, dtype };
}

/** How an axis of a view lies in memory. */
export type Layout = "plain" | "moved" | "gaps" | "flipped" | "repeated";

function filled(values: readonly number[], dtype: DType): HostArray {
  if (dtype === "int32") return Int32Array.from(values, (value) => Math.round(value * 20));
  if (dtype === "bool") return Uint8Array.from(values, (value) => Number(value > 0));
  if (dtype === "float32") return Float32Array.from(values);
  return Uint16Array.from(values, (value) => Math.floor((value + 1) * 15000));
}
