import type { Device } from "@ashlar/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crossEntropy, grad, softmax, sum, type Tensor, tensor } from "../index.ts";
import { devices } from "../testing/devices.ts";

const infinity = Number.POSITIVE_INFINITY;
const list = async (x: Tensor): Promise<number[]> => [...(await x.data())];

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test("rows that don't count change nothing, whatever stands in them", async () => {
    const rows = [
      [1, 2, 3],
      [4, -infinity, 0.5],
      [0, 1, 0],
    ];
    const logits = tensor(rows, { device });
    const targets = tensor([2, -1, 0], { device, dtype: "int32" });
    const few = crossEntropy(tensor([rows[0]!, rows[2]!], { device }), tensor([2, 0], { device, dtype: "int32" }));
    expect(await crossEntropy(logits, targets, { ignore: -1 }).item()).toBeCloseTo(await few.item(), 6);
    const gradient = await list(grad(logits, (x) => crossEntropy(x, targets, { ignore: -1 })));
    expect(gradient.slice(3, 6).every((x) => x === 0)).toBe(true);
    expect(await list(crossEntropy(logits, targets, { ignore: -1, reduction: "none" }))).toHaveLength(3);
    expect(await crossEntropy(logits, tensor([-1, -1, -1], { device, dtype: "int32" }), { ignore: -1 }).item()).toBeNaN();
  });

  test("probabilities that are one-hot are targets", async () => {
    const logits = tensor(
      [
        [1, 2, 3],
        [0, 1, 0],
      ],
      { device },
    );
    const hard = crossEntropy(logits, tensor([2, 0], { device, dtype: "int32" }), { labelSmoothing: 0.1 });
    const soft = crossEntropy(
      logits,
      tensor(
        [
          [0, 0, 1],
          [1, 0, 0],
        ],
        { device },
      ),
      { labelSmoothing: 0.1 },
    );
    expect(await soft.item()).toBeCloseTo(await hard.item(), 6);
    expect(await list(sum(softmax(logits), -1))).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
  });
});
