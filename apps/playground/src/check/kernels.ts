import type { Device } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { beside } from "./beside.ts";
import type { Result } from "./result.ts";

/**
 * Runs the conformance cases kernel by kernel: whether each passes within its tolerance, and how far from the plain device all that was read came.
 */
export async function* checkKernels(device: Device, reference: Device, { quick }: { readonly quick: boolean }): AsyncGenerator<Result> {
  const watched = beside(device, reference);
  for (const kernel of new Set(cases.map((entry) => entry.kernel))) {
    const own = cases.filter((entry) => entry.kernel === kernel && entry.applies(watched.device)).slice(0, quick ? 1 : undefined);
    if (device.kernels[kernel] === undefined) {
      yield { row: kernel, state: "absent", note: "runs as a composition" };
      continue;
    }
    const failures: string[] = [];
    watched.takeError();
    for (const entry of own) {
      try {
        await entry.run(watched.device);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
    const error = watched.takeError();
    yield { row: kernel, state: failures.length === 0 ? "right" : "wrong", cases: own.length, failures, ...(error !== undefined && { error }) };
  }
}
