import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";

/** The devices on which decoding is held to its laws: fused kernels, the compositions, and the fast kernels. */
export const devices: Readonly<Record<string, () => Promise<Device> | Device>> = {
  reference: () => reference(),
  "the six required kernels": () => reference({ fused: false }),
  wasm: () => wasm({ threads: 1 }),
};
