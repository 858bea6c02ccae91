import type { Device } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { afterAll, describe, expect, test } from "vitest";
import { makeDevice } from "./device/device.ts";
import { plainEngine } from "./testing/plainEngine.ts";

// The shaders' sources as plain JavaScript, in both dialects: what they say, without what a driver makes of them. tests/browser runs the same
// cases through gpu.js on WebGPU and WebGL2.

describe.each([
  { dialect: "single numbers, as on WebGPU", vec4: false },
  { dialect: "texels, as on WebGL2", vec4: true },
])("what every device does alike: $dialect", ({ vec4 }) => {
  const device: Device = makeDevice(plainEngine({ vec4 })).device;
  afterAll(async () => {
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
    await device[Symbol.asyncDispose]();
  });

  for (const entry of cases.filter((entry) => entry.applies(device))) test(entry.name, () => entry.run(device));

  test("only topK, cumulativeSum and quantizedMatmul are left to compositions", () => {
    const served = new Set(cases.filter((entry) => entry.applies(device)).map(({ kernel }) => kernel));
    const left = cases.map(({ kernel }) => kernel).filter((kernel) => !served.has(kernel));
    expect(new Set(left)).toEqual(new Set(["topK", "cumulativeSum", "quantizedMatmul"]));
  });
});
