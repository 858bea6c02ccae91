// The devices of a page, and what those on gpu.js count.
import { type Device, reference } from "@ashlar/backend";
import { type GpujsDevice, gpujs } from "@ashlar/backend-gpujs";
import { wasm } from "@ashlar/backend-wasm";

/** The devices that are compared. */
export const devices: Readonly<Record<string, () => Device | Promise<Device>>> = {
  reference: () => reference(),
  "wasm, one thread": () => wasm({ threads: 1 }),
  "wasm, two threads": () => wasm({ threads: 2 }),
  webgpu: () => gpujs({ only: "webgpu" }),
  webgl2: () => gpujs({ only: "webgl2" }),
};

/** What a device has compiled and uploaded, where it counts. */
export const countsOf = (device: Device) => ("counts" in device ? (device as GpujsDevice).counts() : { compilations: 0, uploadedBytes: 0 });
