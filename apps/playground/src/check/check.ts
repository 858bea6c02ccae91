import { makeDevice } from "../devices/make.ts";
import type { DeviceName } from "../devices/names.ts";
import { checkKernels } from "./kernels.ts";
import type { Result } from "./result.ts";
import { matmulSpeed } from "./speed.ts";
import { checkStacks } from "./stacks.ts";

/** How a device is checked. */
export interface CheckOptions {
  /** One case of each kernel and one step of each stack, without their speed. */
  readonly quick: boolean;
  /** Told what runs, once it does. */
  readonly onDevice: (description: string) => void;
}

/**
 * Makes a device and checks it: its speed, the four stacks, every kernel. The kernels have a device of their own, because their cases count what is
 * live, which what training left to the garbage collector would upset.
 *
 * @throws DeviceError when it can't be made here.
 */
export async function* check(name: DeviceName, { quick, onDevice }: CheckOptions): AsyncGenerator<Result> {
  await using reference = await makeDevice("reference");
  {
    await using device = await makeDevice(name);
    onDevice(device.description);
    yield await matmulSpeed(device, name, { quick });
    yield* checkStacks(device, reference, { quick });
  }
  await using device = await makeDevice(name);
  yield* checkKernels(device, reference, { quick });
}
