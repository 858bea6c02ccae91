import { describe, expect, test } from "vitest";
import { DeviceError, firstAvailable, reference } from "./index.ts";

const missing = (why: string) => () => {
  throw new Error(why);
};

describe("firstAvailable", () => {
  test("gives the first device that can be made, and tries no other after it", async () => {
    const tried: string[] = [];
    await using device = await firstAvailable([
      () => {
        tried.push("gpu");
        throw new Error("no adapter");
      },
      async () => {
        tried.push("plain");
        return reference();
      },
      () => {
        tried.push("never");
        return reference();
      },
    ]);
    expect(device.name).toBe("reference");
    expect(tried).toEqual(["gpu", "plain"]);
  });

  test("says why each one failed when none works, whether it threw or rejected, and whatever it threw", async () => {
    const factories = [missing("gpu: no WebGPU here"), () => Promise.reject(new Error("wasm: no SIMD here")), () => Promise.reject("a string")];
    const error = await firstAvailable(factories).catch((reason: unknown) => reason);
    expect(DeviceError.is(error)).toBe(true);
    expect((error as Error).message).toMatchInlineSnapshot(`
      "firstAvailable: no device works here; 3 were tried:
        1. gpu: no WebGPU here
        2. wasm: no SIMD here
        3. a string"
    `);
  });

  test("an empty list is a mistake of its own", async () => {
    await expect(firstAvailable([])).rejects.toThrowErrorMatchingInlineSnapshot(`[DeviceError: firstAvailable: no device works here; no factory was given]`);
  });
});
