import type { Buffer, Device, HostArray, Kernel, KernelCall, KernelName, KernelTable, Operand } from "@ashlar/backend";

/** A device whose every read is compared with another's. */
export interface Beside {
  /** Behaves as the watched device does. */
  readonly device: Device;
  /** The largest difference since the last time, relative to numbers above 1; undefined when nothing was compared. */
  takeError(): number | undefined;
}

/**
 * A device that lets another one do the same calls and compares what is read: the cases know how close a device must come, this says how close it
 * came. Where the other one fails or was never given an array, nothing is compared.
 */
export function beside(watched: Device, other: Device): Beside {
  const twins = new WeakMap<Buffer, Buffer>();
  let error: number | undefined;

  /** An operand of the other device. @throws Error when it has none. */
  const twin = (operand: Operand): Operand => {
    const buffer = twins.get(operand.buffer);
    if (!buffer) throw new Error("the other device has no such array");
    return { ...operand, buffer };
  };
  const follow = (call: KernelCall, buffers: readonly Buffer[]): void => {
    try {
      const kernel = other.kernels[call.kernel] as Kernel<KernelName> | undefined;
      const made = kernel?.({ ...call, operands: call.operands.map(twin) }) ?? [];
      for (const [index, buffer] of buffers.entries()) if (made[index]) twins.set(buffer, made[index]);
    } catch {
      // a call that is wrong on purpose
    }
  };
  const compare = async (operand: Operand, got: HostArray): Promise<void> => {
    if (!twins.has(operand.buffer) || !(got instanceof Float32Array)) return;
    try {
      const expected = await other.read(twin(operand));
      for (const [i, value] of got.entries()) {
        const difference = Math.abs(value - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
        if (Number.isFinite(difference)) error = Math.max(error ?? 0, difference);
      }
    } catch {
      // as above
    }
  };

  const kernels = Object.fromEntries(
    Object.entries(watched.kernels).map(([name, kernel]) => [
      name,
      (call: KernelCall): Buffer[] => {
        const buffers = (kernel as Kernel<KernelName>)(call);
        follow(call, buffers);
        return buffers;
      },
    ]),
  ) as unknown as KernelTable; // the same names, the same types

  return {
    device: {
      name: watched.name,
      description: watched.description,
      ...(watched.arithmetic && { arithmetic: watched.arithmetic }),
      kernels,
      upload(data, dtype) {
        const buffer = watched.upload(data, dtype);
        try {
          twins.set(buffer, other.upload(data, dtype));
        } catch {
          // larger than the other one has room for
        }
        return buffer;
      },
      async read(operand) {
        const got = await watched.read(operand);
        await compare(operand, got);
        return got;
      },
      free(buffer) {
        watched.free(buffer);
        const ours = twins.get(buffer);
        if (ours) other.free(ours);
        twins.delete(buffer);
      },
      memory: () => watched.memory(),
      resetPeak: () => watched.resetPeak(),
      [Symbol.asyncDispose]: () => watched[Symbol.asyncDispose](),
    },
    takeError() {
      const taken = error;
      error = undefined;
      return taken;
    },
  };
}
