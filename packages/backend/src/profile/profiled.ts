import type { Device, Kernel, KernelCall, KernelTable } from "../contract/device.ts";
import type { KernelName } from "../contract/kernels.ts";
import { Profile } from "./profile.ts";
import { workOf } from "./work.ts";

/** A device whose calls are timed. */
export interface ProfiledDevice extends Device {
  /** What was measured since it was made or cleared. */
  readonly profile: Profile;
}

/** How a device is profiled. */
export interface ProfileOptions {
  /** The time in milliseconds; `performance.now` unless said. */
  readonly clock?: () => number;
  /** The most calls and spans that are kept one by one, for the trace; 200,000 unless said. Sums go on beyond. */
  readonly keep?: number;
}

/**
 * The same device, timing every call: which kernels take how long, at how many operations a second, and a trace that
 * `chrome://tracing` and Perfetto open. What is computed does not change. On a device that works behind its calls the time is that of
 * handing the call over; `read` then holds the rest.
 *
 * @example
 * ```ts
 * import { profiled, reference } from "@ashlar/backend";
 *
 * await using device = profiled(reference());
 * const buffer = device.upload(new Float32Array(16), "float32");
 * const x = { buffer, shape: [4, 4], strides: [4, 1], offset: 0, dtype: "float32" } as const;
 * device.profile.span("square", () => device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [x, x], scalars: [], outputs: [x] }));
 * device.profile.sums()[0]; // { name: "matmul", calls: 1, milliseconds: …, operations: 128, bytes: 192 }
 * ```
 */
export function profiled(device: Device, { clock = () => performance.now(), keep = 200_000 }: ProfileOptions = {}): ProfiledDevice {
  const profile = new Profile(clock, keep);
  const timed =
    <Name extends KernelName>(kernel: Kernel<Name>): Kernel<Name> =>
    (call) => {
      const start = clock();
      const buffers = kernel(call);
      profile.called(call as KernelCall, workOf(call as KernelCall), start, clock());
      return buffers;
    };
  const kernels = Object.fromEntries(Object.entries(device.kernels).map(([name, kernel]) => [name, timed(kernel as Kernel<never>)]));
  return {
    name: device.name,
    description: device.description,
    ...(device.arithmetic && { arithmetic: device.arithmetic }),
    kernels: kernels as unknown as KernelTable,
    profile,
    upload: (data, dtype) => profile.transfer("upload", data.byteLength, () => device.upload(data, dtype)),
    ...(device.place && { place: device.place.bind(device) }),
    async read(operand) {
      const start = clock();
      const data = await device.read(operand);
      profile.moved("read", data.byteLength, start, clock());
      return data;
    },
    free: (buffer) => device.free(buffer),
    memory: () => device.memory(),
    resetPeak: () => device.resetPeak(),
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  };
}
