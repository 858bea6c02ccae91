import { DeviceError } from "@ashlar/backend";
import { expect, test } from "vitest";
import { gpujs } from "./gpujs.ts";
import { mapped, scale, whole } from "./testing/calls.ts";

const hasAdapter = (): boolean => typeof navigator !== "undefined" && "gpu" in navigator;

// Node brings no graphics: where nobody gave it an implementation of WebGPU, what there is to test is the refusal.
if (hasAdapter()) {
  test("Node with a WebGPU implementation computes", async () => {
    await using device = await gpujs({ only: "webgpu" });
    const x = whole(device.upload(Float32Array.of(1, 2, 3), "float32"), [3]);
    const y = whole(mapped(device, scale, x, [2]), [3]);
    expect(await device.read(y)).toEqual(Float32Array.of(2, 4, 6));
    for (const { buffer } of [x, y]) device.free(buffer);
  });
} else {
  test("where there is no graphics processor, the refusal names what runs everywhere", async () => {
    await expect(gpujs()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: gpujs: no WebGPU adapter here; no WebGL2 here. Use wasm() of @ashlar/backend-wasm, which runs everywhere]`,
    );
    await expect(gpujs({ only: "webgl2" })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: gpujs: no WebGL2 here. Use wasm() of @ashlar/backend-wasm, which runs everywhere]`,
    );
    await expect(gpujs({ prefer: "webgl2" })).rejects.toSatisfy(DeviceError.is);
  });
}

test("a bound of widened weights that is no number of bytes is refused", async () => {
  await expect(gpujs({ widened: -1 })).rejects.toThrowErrorMatchingInlineSnapshot(`[DeviceError: gpujs: widened must be a number of bytes from 0 on, got -1]`);
});

test("a cache that holds next to nothing is refused", async () => {
  await expect(gpujs({ shaders: 1 })).rejects.toThrowErrorMatchingInlineSnapshot(`[DeviceError: gpujs: shaders must be a whole number from 16 on, got 1]`);
});
