import type { Device } from "@ashlar/backend";
import type { DeviceName } from "./names.ts";

/** How a device is made. */
export interface MakeOptions {
  /** Threads of the WASM device; as many as run at once here unless said. */
  readonly threads?: number;
}

const makers: Readonly<Record<DeviceName, (options: MakeOptions) => Promise<Device>>> = {
  reference: async () => (await import("./reference.ts")).reference(),
  wasm: async (options) => (await import("@ashlar/backend-wasm")).wasm(options),
  webgpu: async () => (await import("@ashlar/backend-gpujs")).gpujs({ only: "webgpu" }),
  webgl2: async () => (await import("@ashlar/backend-gpujs")).gpujs({ only: "webgl2" }),
};

/** Loads a device's code, now and not before, and makes it. @throws DeviceError that says what is missing here. */
export const makeDevice = (name: DeviceName, options: MakeOptions = {}): Promise<Device> => makers[name](options);
