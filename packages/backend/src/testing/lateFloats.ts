import type { Device, Kernel, KernelCall, KernelTable } from "../contract/device.ts";
import type { DType, HostArray } from "../contract/dtype.ts";
import { bytesPerElement, hostArray } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { RequiredKernel } from "../contract/kernels.ts";
import type { Buffer } from "../contract/operand.ts";
import { contiguousStrides } from "../contract/operand.ts";
import { reference } from "../reference/reference.ts";
import { dense } from "../strided/dense.ts";
import { validateCall } from "../validate/validateCall.ts";

/** A buffer whose numbers come later. */
interface Late extends Buffer {
  readonly dtype: DType;
  readonly numbers: Promise<Float32Array>;
}

/** The most arrays that one shader of gpu.js reads. */
const MOST_INPUTS = 7;

/**
 * A device under the limits of gpu.js, to see that the contract asks nothing that such a one cannot do: memory holds float32 alone, a
 * shader reads at most seven arrays and writes one fresh array, and every call is a promise, which is kept inside its buffer.
 */
export function lateFloats(): Device {
  const shaders = reference({ fused: false });
  const live = new Set<Late>();
  let bytes = 0;
  let peak = 0;
  let open = true;

  const add = (numbers: Promise<Float32Array>, dtype: DType, count: number): Late => {
    // Whoever reads it hears of its error; a buffer that nobody reads must not end the program.
    numbers.catch(() => {});
    const buffer: Late = { bytes: count * bytesPerElement(dtype), dtype, numbers };
    live.add(buffer);
    bytes += buffer.bytes;
    peak = Math.max(peak, bytes);
    return buffer;
  };
  const find = (buffer: Buffer, where: string): Late => {
    if (!open) throw new DeviceError(`${where}: the device was disposed`);
    if (live.has(buffer as Late)) return buffer as Late;
    throw new DeviceError(`${where}: a buffer was freed or donated, or belongs to another device`);
  };
  const remove = (buffer: Buffer, where: string): void => {
    live.delete(find(buffer, where));
    bytes -= buffer.bytes;
  };

  const kernel =
    <Name extends RequiredKernel>(name: Name): Kernel<Name> =>
    (call) => {
      const inputs = call.operands.map(({ buffer }) => find(buffer, name));
      validateCall(call);
      if (inputs.length > MOST_INPUTS) throw new DeviceError(`${name}: a shader reads at most ${MOST_INPUTS} arrays, got ${inputs.length}`);
      const [{ shape, dtype }] = call.outputs as [KernelCall["outputs"][number]];
      const numbers = Promise.all(inputs.map((input) => input.numbers)).then((arrays) => run(call, inputs, arrays));
      const output = add(
        numbers,
        dtype,
        shape.reduce((count, size) => count * size, 1),
      );
      for (const index of call.donated ?? []) remove(call.operands[index]!.buffer, name);
      return [output];
    };

  const run = async <Name extends RequiredKernel>(call: KernelCall<Name>, inputs: readonly Late[], arrays: readonly Float32Array[]): Promise<Float32Array> => {
    const { donated: _, ...shader } = call;
    const buffers = inputs.map(({ dtype }, index) => shaders.upload(decode(arrays[index]!, dtype), dtype));
    try {
      const operands = call.operands.map((operand, index) => ({ ...operand, buffer: buffers[index]! }));
      const [output] = (shaders.kernels[call.kernel] as Kernel<Name>)({ ...shader, operands });
      buffers.push(output!);
      const { shape, dtype } = call.outputs[0]!;
      return encode(await shaders.read({ buffer: output!, shape, strides: contiguousStrides(shape), offset: 0, dtype }), dtype);
    } finally {
      for (const buffer of buffers) shaders.free(buffer);
    }
  };

  const kernels: KernelTable = {
    map: kernel("map"),
    reduce: kernel("reduce"),
    matmul: kernel("matmul"),
    gather: kernel("gather"),
    scatterAdd: kernel("scatterAdd"),
    copy: kernel("copy"),
  };
  return {
    name: "late floats",
    description: "what a device made of gpu.js can do",
    kernels,
    upload: (data, dtype) => add(Promise.resolve(encode(data, dtype)), dtype, data.length),
    async read(operand) {
      const { numbers, dtype } = find(operand.buffer, "read");
      return dense(decode(await numbers, dtype), operand).slice();
    },
    free: (buffer) => remove(buffer, "free"),
    memory: () => ({ live: bytes, peak, buffers: live.size }),
    resetPeak() {
      peak = bytes;
    },
    async [Symbol.asyncDispose]() {
      open = false;
      await shaders[Symbol.asyncDispose]();
    },
  };
}

/** A float32 is exact up to 2²⁴: an int32 is two of them, all lower halves before all upper ones. */
function encode(data: HostArray, dtype: DType): Float32Array {
  if (dtype !== "int32") return Float32Array.from(data);
  const halves = new Float32Array(2 * data.length);
  for (let i = 0; i < data.length; i++) {
    halves[i] = data[i]! & 0xffff;
    halves[data.length + i] = data[i]! >> 16;
  }
  return halves;
}

function decode(numbers: Float32Array, dtype: DType): HostArray {
  const data = hostArray(dtype, dtype === "int32" ? numbers.length / 2 : numbers.length);
  if (dtype !== "int32") data.set(numbers);
  else for (let i = 0; i < data.length; i++) data[i] = numbers[i]! + numbers[data.length + i]! * 0x10000;
  return data;
}
