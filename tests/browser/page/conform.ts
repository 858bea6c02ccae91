// Conformance cases in a page.
import { cases } from "@ashlar/backend/conformance";
import { devices } from "./devices.ts";

/** What became of the conformance cases on a device. */
export interface Conformance {
  readonly description: string;
  readonly passed: number;
  readonly skipped: readonly string[];
  readonly failures: readonly string[];
  readonly left: { readonly live: number; readonly buffers: number };
}

/** Runs every conformance case of some kernels on a device; of all kernels where none is named. */
export async function conform(name: string, kernels: readonly string[]): Promise<Conformance> {
  await using device = await devices[name]!();
  const failures: string[] = [];
  const [served, asked] = [new Set<string>(), new Set<string>()];
  let passed = 0;
  for (const entry of cases) {
    if (kernels.length > 0 && !kernels.includes(entry.kernel)) continue;
    asked.add(entry.kernel);
    if (!entry.applies(device)) continue;
    served.add(entry.kernel);
    try {
      await entry.run(device);
      passed++;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const { live, buffers } = device.memory();
  return { description: device.description, passed, skipped: [...asked].filter((kernel) => !served.has(kernel)), failures, left: { live, buffers } };
}
