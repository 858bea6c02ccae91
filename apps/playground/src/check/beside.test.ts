import { type Device, type Kernel, reference } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { matmul, tensor } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { beside } from "./beside.ts";
import { wrongProducts } from "./testing/wrong.ts";

const some = cases.filter(({ kernel }) => ["matmul", "copy", "adamW", "gather"].includes(kernel));

test("behaves as the watched device does, in every case", async () => {
  await using device = reference();
  await using other = reference();
  const { device: watched, takeError } = beside(device, other);
  for (const entry of some) if (entry.applies(watched)) await entry.run(watched);
  expect(takeError()).toBe(0);
  expect(device.memory().live).toBe(0);
  expect(other.memory().live).toBe(0);
});

test("says how far off a device is, once", async () => {
  await using device = wrongProducts(1.01);
  await using other = reference();
  const { device: watched, takeError } = beside(device, other);
  const x = tensor([[3], [2]], { device: watched });
  const y = tensor([[5, 1]], { device: watched });
  await matmul(x, y).data(); // 15 became 15.15
  expect(takeError()).toBeCloseTo(0.01, 5);
  expect(takeError()).toBeUndefined();
});

test("where the other device fails nothing is compared, and nothing else changes", async () => {
  await using device = reference();
  await using whole = reference();
  const broken: Kernel<"matmul"> = () => {
    throw new Error("broken");
  };
  const other: Device = { ...whole, kernels: { ...whole.kernels, matmul: broken } };
  const { device: watched, takeError } = beside(device, other);
  expect(await matmul(tensor([[3]], { device: watched }), tensor([[5]], { device: watched })).item()).toBe(15);
  expect(takeError()).toBeUndefined();
});
