import type { Device } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasm } from "./wasm.ts";

describe.each(["relaxed", "plain"] as const)("what every device does alike, %s SIMD", (simd) => {
  let device: Device;
  beforeAll(async () => {
    device = await wasm({ simd });
  });
  afterAll(async () => {
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
    await device[Symbol.asyncDispose]();
  });

  for (const entry of cases) {
    test(entry.name, async () => {
      expect(entry.applies(device)).toBe(true);
      await entry.run(device);
    });
  }
});
