import {
  contiguousStrides,
  type Device,
  DeviceError,
  type DType,
  elementCount,
  type HostArray,
  type Kernel,
  type KernelName,
  type KernelSettings,
  type OutputSpec,
  type Replayed,
} from "@ashlar/backend";
import { expectShape } from "../ops/axes.ts";
import { TensorError } from "./errors.ts";
import { own } from "./scope.ts";
import { Storage } from "./storage.ts";
import { onTape } from "./tape.ts";
import { Tensor } from "./tensor.ts";

/** What a kernel call needs beyond its name. */
export interface Launch<Name extends KernelName = KernelName> {
  /** What stays the same from call to call. */
  readonly settings: KernelSettings[Name];
  /** The tensors it reads; at least one, unless the device is given. */
  readonly operands: readonly Tensor[];
  /** The numbers that change from call to call. */
  readonly scalars?: readonly number[];
  /** By how much each scalar grows for every position that a replay of the call is further on; by nothing unless said. */
  readonly advance?: readonly number[];
  /** The shapes and types of what comes out. */
  readonly outputs: readonly OutputSpec[];
  /** Positions of operands whose memory may be written over; they can't be used again. */
  readonly donated?: readonly number[];
}

/**
 * Calls a kernel of a device and wraps what comes out. This is the floor on which ops stand; nothing is recorded for gradients.
 *
 * @throws TensorError when the operands are on other devices, or a donated one is still needed by a gradient being recorded.
 */
export function launch<Name extends KernelName>(
  device: Device,
  name: Name,
  { settings, operands, scalars = [], advance, outputs, donated }: Launch<Name>,
): Tensor[] {
  expectDevice(name, device, operands);
  const kernel = device.kernels[name] as Kernel<Name> | undefined;
  if (!kernel) throw new DeviceError(`${name}: the device ${device.name} has no such kernel, and its op no composition`);
  for (const index of donated ?? []) {
    const given = operands[index] as Tensor;
    if (onTape(given.storage)) throw new TensorError(`${name}: operand ${index} can't be donated: a gradient being recorded still needs it`);
  }
  const buffers = kernel({ kernel: name, settings, operands, scalars, outputs, ...(advance ? { advance } : {}), ...(donated ? { donated } : {}) });
  for (const index of donated ?? []) (operands[index] as Tensor).storage.donate(name);
  return outputs.map(({ shape, dtype }, index) => wrap(new Storage(device, buffers[index] as (typeof buffers)[number]), dtype, shape));
}

/** @throws TensorError unless all tensors are on one device. */
export function expectDevice(where: string, device: Device, all: readonly Tensor[]): void {
  for (const tensor of all)
    if (tensor.device !== device)
      throw new TensorError(
        `${where}: expected all tensors on one device (${device.name}), got ${tensor} of another; move it with fromData(await x.data(), x.shape, { device })`,
      );
}

/** A fresh contiguous tensor over a storage that nobody owns yet. */
function wrap(storage: Storage, dtype: DType, shape: readonly number[]): Tensor {
  own(storage);
  return new Tensor(storage, dtype, shape, contiguousStrides(shape));
}

/** Copies host data to a device; `replayed` says what they are when the step that they belong to is replayed. */
export function upload<Rank extends number>(device: Device, data: HostArray, dtype: DType, shape: readonly number[], replayed?: Replayed): Tensor<Rank> {
  expectShape("fromData", shape);
  if (elementCount(shape) !== data.length)
    throw new TensorError(`fromData: expected ${elementCount(shape)} elements for [${shape.join(", ")}], got ${data.length}`);
  return wrap(new Storage(device, device.upload(data, dtype, replayed)), dtype, shape) as unknown as Tensor<Rank>;
}
