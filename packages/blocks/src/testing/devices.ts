import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";

/** The devices that the tests hold to the references and to each other: fused kernels, the compositions, and the fast kernels. */
export const devices: Readonly<Record<string, () => Device | Promise<Device>>> = {
  reference,
  composed: () => reference({ fused: false }),
  wasm,
};
