import type { Device } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { matmul, normal, random, scoped, sum } from "@ashlar/tensor";
import type { Command } from "commander";
import { CliError } from "../console/error.ts";
import { say, type Terminal } from "../console/terminal.ts";
import { type DeviceName, deviceNames, devices } from "../device.ts";

/** What is known of a device here. */
export interface DeviceReport {
  /** Its name, as recipes and `--device` have it. */
  readonly name: DeviceName;
  /** Whether it runs on this machine. */
  readonly works: boolean;
  /** What runs; or why nothing does. */
  readonly description: string;
  /** Billions of floating-point operations a second in a matrix product. */
  readonly gflops?: number;
  /** The side of the matrices of that product. */
  readonly size?: number;
  /** How many conformance cases passed. */
  readonly passed?: number;
  /** The cases that did not, and why. */
  readonly failed?: readonly string[];
}

const sizes: Readonly<Record<DeviceName, number>> = { wasm: 512, reference: 96 };

/** Adds `ashlar devices`. */
export function devicesCommand(program: Command, { output }: Terminal): void {
  program
    .command("devices")
    .description("Show which devices work here, how fast they are and whether their numbers are right.")
    .option("--json", "print the reports as JSON")
    .addHelpText("after", "\nExample:\n  $ ashlar devices")
    .action(async ({ json }: { readonly json?: true }) => {
      const reports: DeviceReport[] = [];
      for (const name of deviceNames) {
        const report = await reportOn(name, devices[name]);
        if (!json) say(output, reportLine(report));
        reports.push(report);
      }
      if (json) say(output, JSON.stringify(reports, null, 2));
      const wrong = reports.filter(({ failed = [] }) => failed.length > 0).map(({ name }) => name);
      if (wrong.length > 0) throw new CliError(`devices: the numbers of ${wrong.join(" and ")} are not to be trusted here; please report the cases above`);
    });
}

/** A report in a line, and a line for each case that failed. */
export function reportLine({ name, works, description, gflops = 0, size, passed = 0, failed = [] }: DeviceReport): string {
  if (!works) return `✗ ${name}: ${description.replace(`${name}: `, "")}`;
  const correct = failed.length === 0 ? `all ${passed} conformance cases pass` : `${failed.length} of ${passed + failed.length} conformance cases fail`;
  const lines = [`${failed.length === 0 ? "✓" : "✗"} ${name}: ${description} · ${gflops.toPrecision(3)} GFLOP/s (matmul ${size}³) · ${correct}`];
  return [...lines, ...failed.map((failure) => `    ${failure}`)].join("\n");
}

/** Makes a device, if it can be made here, and measures and checks it. */
export async function reportOn(name: DeviceName, make: () => Promise<Device>, tests = cases): Promise<DeviceReport> {
  let device: Device;
  try {
    device = await make();
  } catch (error) {
    return { name, works: false, description: error instanceof Error ? error.message : String(error) };
  }
  await using made = device;
  const size = sizes[name];
  return { name, works: true, description: made.description, gflops: await speed(made, size), size, ...(await correctness(made, tests)) };
}

/** GFLOP/s of a product of two square matrices: the best of a few runs, as others may be using the machine. */
async function speed(device: Device, size: number): Promise<number> {
  const source = random(0);
  const a = normal(source.split("a"), [size, size], { device });
  const b = normal(source.split("b"), [size, size], { device });
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 8; run++) {
    const began = performance.now();
    const total = scoped(() => sum(matmul(a, b)));
    await total.item();
    best = Math.min(best, performance.now() - began);
  }
  return (2 * size ** 3) / (best * 1e6);
}

async function correctness(device: Device, tests: typeof cases): Promise<Required<Pick<DeviceReport, "passed" | "failed">>> {
  let passed = 0;
  const failed: string[] = [];
  for (const test of tests) {
    if (!test.applies(device)) continue;
    try {
      await test.run(device);
      passed++;
    } catch (error) {
      failed.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { passed, failed };
}
