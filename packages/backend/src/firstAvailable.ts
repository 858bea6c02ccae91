import type { Device } from "./contract/device.ts";
import { DeviceError } from "./contract/errors.ts";

/** Makes a device, or throws where it cannot run. */
export type DeviceFactory = () => Device | Promise<Device>;

/**
 * The first device that can be made here: tries the factories in order.
 * @throws DeviceError that lists why each one failed when none works.
 *
 * @example
 * ```ts
 * import { firstAvailable, reference } from "@ashlar/backend";
 * await using device = await firstAvailable([reference]);
 * ```
 */
export async function firstAvailable(factories: readonly DeviceFactory[]): Promise<Device> {
  const reasons: unknown[] = [];
  for (const make of factories) {
    try {
      return await make();
    } catch (reason) {
      reasons.push(reason);
    }
  }
  const lines = reasons.map((reason, index) => `${index + 1}. ${reason instanceof Error ? reason.message : String(reason)}`);
  const tried = lines.length === 0 ? "no factory was given" : `${lines.length} were tried:\n  ${lines.join("\n  ")}`;
  throw new DeviceError(`firstAvailable: no device works here; ${tried}`);
}
