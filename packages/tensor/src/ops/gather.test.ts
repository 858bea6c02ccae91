import { type Device, decodeBfloat16, decodeFloat16 } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { affine, cast, fromData, gather, mul, sum, type Tensor, take, tensor, valueAndGrad } from "../index.ts";
import { devices } from "../testing/devices.ts";

const decoded = { float16: decodeFloat16, bfloat16: decodeBfloat16 } as const;
const bits = fc.array(fc.nat(65535), { minLength: 20, maxLength: 20 });

describe.each(Object.entries(devices))("tables kept in 16 bits, %s", (_name, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  const ids = (values: readonly number[]): Tensor => tensor(values as number[], { device, dtype: "int32" });

  test.each(["float16", "bfloat16"] as const)("%s: what is taken is the float32 number that the bits stand for, along any axis", async (dtype) => {
    const rows = fc.array(fc.nat(3), { minLength: 1, maxLength: 9 });
    const property = fc.asyncProperty(bits, rows, async (words, at) => {
      const table = fromData(Uint16Array.from(words), [4, 5], { device, dtype });
      const numbers = decoded[dtype](Uint16Array.from(words));
      const taken = take(table, ids(at));
      expect(taken.dtype).toBe("float32");
      expect(await taken.data()).toEqual(Float32Array.from(at.flatMap((row) => [...numbers.subarray(5 * row, 5 * row + 5)])));
      const columns = [0, 1, 2, 3].flatMap((row) => at.map((column) => numbers[5 * row + column] as number));
      expect(await take(table, ids(at), 1).data()).toEqual(Float32Array.from(columns));
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test.each(["float16", "bfloat16"] as const)("%s: what it is multiplied with gets its gradient, the table none, where a head shares it too", async (dtype) => {
    // multiples of 1/8 below 2 are in both types, and their sums exact
    const table = fromData(
      Float32Array.from({ length: 6 * 4 }, (_, index) => ((index * 5) % 17) / 8),
      [6, 4],
      { device },
    );
    const scale = tensor([[0.5, 1, -2, 0.25]], { device });
    const places = ids([3, 0, 3]);
    const loss = (given: { table: Tensor; scale: Tensor }): Tensor => sum(affine(mul(take(given.table, places), given.scale), given.table, null));
    const wide = valueAndGrad({ table, scale }, loss);
    const kept = valueAndGrad({ table: cast(table, dtype), scale }, loss);
    expect(await kept.value.item()).toBe(await wide.value.item());
    expect(kept.gradients.table).toBeNull();
    expect(await kept.gradients.scale.data()).toEqual(await wide.gradients.scale.data());
  });

  test("gather picks from 16 bits one by one", async () => {
    const x = cast(tensor([[1, 2, -0.5], [65504, 2 ** -24, 0]], { device }), "float16"); // biome-ignore format: one line
    const picked = gather(x, tensor([[2], [1]], { device, dtype: "int32" }), 1);
    expect([picked.dtype, [...(await picked.data())]]).toEqual(["float32", [-0.5, 2 ** -24]]);
  });
});
