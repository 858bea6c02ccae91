import type { Device } from "@ashlar/backend";
import { matmul, normal, random, scoped, sum } from "@ashlar/tensor";
import type { DeviceName } from "../devices/names.ts";
import type { Result } from "./result.ts";

/** The side of the matrices: large enough for what is behind the device to show, small enough for a second. */
const sides: Readonly<Record<DeviceName, number>> = { reference: 96, wasm: 512, webgpu: 512, webgl2: 512 };

/** For so long it is tried. */
const MILLISECONDS = 600;

/** GFLOP/s of a product of two square matrices: the best of some runs, as others may be using the machine. */
export async function matmulSpeed(device: Device, name: DeviceName, { quick }: { readonly quick: boolean }): Promise<Result> {
  const size = sides[name];
  const source = random(0);
  const a = normal(source.split("a"), [size, size], { device });
  const b = normal(source.split("b"), [size, size], { device });
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + MILLISECONDS;
  // the first run compiles
  for (let run = 0; run < 2 || (!quick && performance.now() < end); run++) {
    const began = performance.now();
    const total = scoped(() => sum(matmul(a, b)));
    await total.item();
    if (run > 0) best = Math.min(best, performance.now() - began);
  }
  return { row: "matmul speed", state: "right", speed: { value: (2 * size ** 3) / (best * 1e6), unit: "GFLOP/s" }, note: `${size}³` };
}
