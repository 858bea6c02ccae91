import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";

/** Every device that the tests run on: with the fused kernels, and with the compositions in their place. */
export const devices: Readonly<Record<string, () => Device | Promise<Device>>> = {
  reference,
  "reference, composed": () => reference({ fused: false }),
  wasm,
};
