import type { Device } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sort, type Tensor, tensor, topK } from "../index.ts";
import { devices } from "../testing/devices.ts";

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("what is largest, with ties, infinities and NaN", async () => {
    const x = tensor([1, nan, -infinity, 1, infinity, 0], { device });
    const { values, indices: places } = topK(x, 4);
    expect(await list(values)).toEqual([nan, infinity, 1, 1]);
    expect(await list(places)).toEqual([1, 4, 0, 3]);
    const lowest = topK(tensor([2, -1, -infinity, -1], { device }), 3, { largest: false });
    expect(await list(lowest.values)).toEqual([-infinity, -1, -1]);
    expect(await list(lowest.indices)).toEqual([2, 1, 3]);
    const all = topK(tensor([-infinity, -infinity], { device }), 2);
    expect(await list(all.indices)).toEqual([0, 1]);
  });

  test("sorting is JavaScript's own stable sorting", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 9 }), fc.boolean(), async (row, descending) => {
        for (const dtype of ["float32", "int32"] as const) {
          const { values, indices: places } = sort(tensor(row, { device, dtype }), { descending });
          const order = [...row.keys()].sort((i, j) => (descending ? row[j]! - row[i]! : row[i]! - row[j]!));
          expect(await list(places)).toEqual(order);
          expect(await list(values)).toEqual(order.map((i) => row[i]!));
        }
      }),
      { numRuns: 30 },
    );
  });
});
