import { type Device, DeviceError, type Operand, reference } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { describe, expect, test } from "vitest";
import { here } from "../testing/here.ts";
import { type DeviceReport, reportLine, reportOn } from "./devices.ts";

describe("ashlar devices", () => {
  test("every device works here, is fast enough to be used, and has the right numbers", async () => {
    const { code, output } = await here(["devices", "--json"]);
    expect(code).toBe(0);
    const reports = JSON.parse(output) as DeviceReport[];
    expect(reports.map(({ name, works, failed }) => ({ name, works, failed }))).toEqual([
      { name: "wasm", works: true, failed: [] },
      { name: "reference", works: true, failed: [] },
    ]);
    for (const { gflops, passed } of reports) {
      expect(gflops).toBeGreaterThan(0.01);
      expect(passed).toBeGreaterThan(500);
    }
  });

  test("a device that can't be made says why", async () => {
    const report = await reportOn("wasm", async () => {
      throw new DeviceError("wasm: there is no WebAssembly with SIMD here");
    });
    expect(reportLine(report)).toBe("✗ wasm: there is no WebAssembly with SIMD here");
  });

  test("a device whose numbers are wrong is found out", async () => {
    const report = await reportOn(
      "reference",
      async (): Promise<Device> => {
        const device = reference();
        // a kernel that reads one element over and over would look just as fast
        const matmul: Device["kernels"]["matmul"] = (call) =>
          device.kernels.matmul({ ...call, operands: call.operands.map((operand, index) => (index === 0 ? repeated(operand) : operand)) });
        return Object.assign(Object.create(device), { kernels: { ...device.kernels, matmul } });
      },
      cases.filter(({ kernel }) => kernel === "matmul"),
    );
    expect(report.failed?.length).toBeGreaterThan(0);
    expect(reportLine(report)).toMatch(/^✗ reference: .* · \d+ of \d+ conformance cases fail\n {4}matmul: /);
  });
});

/** An operand whose elements are all its first one. */
function repeated({ buffer, shape, offset, dtype }: Operand): Operand {
  return { buffer, shape, offset, dtype, strides: shape.map(() => 0) };
}
