import type { Device, Kernel, KernelCall, KernelTable, Memory } from "../contract/device.ts";
import type { DType } from "../contract/dtype.ts";
import { bytesPerElement } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { KernelName } from "../contract/kernels.ts";
import type { Buffer, OutputSpec } from "../contract/operand.ts";
import { elementCount } from "../contract/operand.ts";
import { takeovers } from "../validate/takeovers.ts";
import { validateCall } from "../validate/validateCall.ts";

/** What a device without numbers stands in for. */
export interface ShapesOnlyOptions {
  /** The device that it stands in for: what that one has kernels for, and how much memory. By default every kernel of the contract, and no limit. */
  readonly like?: Device;
}

/** A buffer that holds nothing. */
class Sized implements Buffer {
  readonly bytes: number;
  readonly dtype: DType;
  readonly owner: object;
  live = true;

  constructor(bytes: number, dtype: DType, owner: object) {
    this.bytes = bytes;
    this.dtype = dtype;
    this.owner = owner;
  }
}

/** The kernels of the contract. */
const known: readonly KernelName[] = [
  ...(["map", "reduce", "matmul", "gather", "scatterAdd", "copy"] as const),
  ...(["softmax", "layerNorm", "layerNormGradient", "rmsNorm", "rmsNormGradient", "crossEntropy", "crossEntropyGradient"] as const),
  ...(["attention", "attentionGradient", "rotary", "write", "quantizedMatmul", "adamW", "random", "cumulativeSum", "topK"] as const),
];

/** The kernels that write over what is donated, on the devices here. */
const inPlace: readonly KernelName[] = ["map", "adamW", "write", "scatterAdd", "crossEntropyGradient"];

const sizeOf = ({ shape, dtype }: OutputSpec): number => elementCount(shape) * bytesPerElement(dtype);

/**
 * A device that computes nothing and keeps nothing, and whose account of memory is that of one which does: what runs on it says how many bytes
 * it would take, and with `profiled` around it how many operations, before anything is allocated. It checks every call as the reference device does.
 *
 * A kernel's intermediate results aren't in the account, on no device. What needs the numbers themselves can't run on it: `read` is a `DeviceError`.
 *
 * @example
 * ```ts
 * import { shapesOnly } from "@ashlar/backend";
 *
 * const device = shapesOnly();
 * const [buffer] = device.kernels.copy({
 *   kernel: "copy",
 *   settings: { offsets: [], fill: 0 },
 *   operands: [],
 *   scalars: [],
 *   outputs: [{ shape: [1_000_000, 100_000], dtype: "float32" }],
 * });
 * device.memory().peak; // 400,000,000,000
 * device.free(buffer!);
 * ```
 */
export function shapesOnly({ like }: ShapesOnlyOptions = {}): Device {
  const owner = {};
  const { limit } = like?.memory() ?? {};
  let [live, peak, buffers, isOpen] = [0, 0, 0, true];

  const expectOpen = (where: string): void => {
    if (!isOpen) throw new DeviceError(`${where}: the device without numbers was disposed; make a new one with shapesOnly()`);
  };
  const make = (bytes: number, dtype: DType): Sized => {
    live += bytes;
    buffers++;
    peak = Math.max(peak, live);
    return new Sized(bytes, dtype, owner);
  };
  const held = (buffer: Buffer, where: string): Sized => {
    if (!(buffer instanceof Sized) || buffer.owner !== owner)
      throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes belongs to another device; what runs without numbers makes all its arrays there`);
    if (!buffer.live) throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes was freed or donated; keep it alive until its last use`);
    return buffer;
  };
  const remove = (buffer: Sized): void => {
    buffer.live = false;
    live -= buffer.bytes;
    buffers--;
  };
  const run =
    (name: KernelName) =>
    (call: KernelCall): Buffer[] => {
      expectOpen(name);
      for (const [index, { buffer, dtype }] of call.operands.entries()) {
        const { dtype: made } = held(buffer, `${name}: operand ${index}`);
        if (made !== dtype) throw new DeviceError(`${name}: operand ${index} says ${dtype}, its buffer holds ${made}`);
      }
      validateCall(call);
      const takers = inPlace.includes(name) && call.donated ? takeovers(call) : [];
      const donated = (call.donated ?? []).map((index) => [index, call.operands[index]!.buffer as Sized] as const);
      for (const [index, buffer] of donated) if (takers.includes(index)) remove(buffer);
      const outputs = call.outputs.map((output) => make(sizeOf(output), output.dtype));
      for (const [index, buffer] of donated) if (!takers.includes(index)) remove(buffer);
      return outputs;
    };

  const names = like ? (Object.keys(like.kernels) as KernelName[]) : known;
  const kernels = Object.fromEntries(names.map((name) => [name, run(name) as Kernel<never>]));
  return {
    name: "shapes only",
    description: `no numbers, only how large they would be${like ? `, on ${like.name}` : ""}`,
    kernels: kernels as unknown as KernelTable,
    upload(data, dtype) {
      expectOpen("upload");
      return make(data.length * bytesPerElement(dtype), dtype);
    },
    async read({ shape }) {
      throw new DeviceError(
        `read: this device has no numbers, only shapes, and [${shape.join(", ")}] was to be read; what depends on the numbers can't be run ahead, run it on a real device`,
      );
    },
    free(buffer) {
      expectOpen("free");
      remove(held(buffer, "free"));
    },
    memory(): Memory {
      expectOpen("memory");
      return { live, peak, buffers, ...(limit === undefined ? {} : { limit }) };
    },
    resetPeak() {
      expectOpen("resetPeak");
      peak = live;
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      [live, buffers] = [0, 0];
    },
  };
}
