import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";

/** The devices of this program by name, each with a function that makes it or throws where it can't run. */
export const devices = {
  wasm: (): Promise<Device> => wasm(),
  reference: async (): Promise<Device> => reference(),
} as const;

/** A device's name. */
export type DeviceName = keyof typeof devices;

/** The names, the default first. */
export const deviceNames: readonly DeviceName[] = ["wasm", "reference"];
