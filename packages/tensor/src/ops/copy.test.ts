import type { Device } from "@ashlar/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cast, type Tensor, tensor } from "../index.ts";
import { devices } from "../testing/devices.ts";

const infinity = Number.POSITIVE_INFINITY;
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("16-bit floats keep what they can, and say bits when read", async () => {
    const x = tensor([1, 1 / 3, -65504, 3e38], { device });
    const half = cast(x, "float16");
    expect(await list(half)).toEqual([0x3c00, 0x3555, 0xfbff, 0x7c00]);
    expect((await list(cast(half, "float32"))).slice(0, 3)).toEqual([1, 0.333251953125, -65504]);
    const brain = cast(half, "bfloat16");
    expect([brain.dtype, await list(cast(brain, "float32"))]).toEqual(["bfloat16", [1, 0.333984375, -65536, infinity]]);
    expect(await list(cast(cast(tensor([2.7], { device }), "float16"), "int32"))).toEqual([2]);
  });
});
