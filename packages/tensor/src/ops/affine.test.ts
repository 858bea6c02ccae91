import type { Device } from "@ashlar/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { affine, cast, fromData, matmul, sum, type Tensor, transpose, valueAndGrad } from "../index.ts";
import { devices } from "../testing/devices.ts";

/** Numbers that both 16-bit types hold exactly: eighths from −1 to 1. */
const eighths = (shape: readonly number[], device: Device, seed: number): Tensor =>
  fromData(
    Float32Array.from({ length: shape.reduce((count, size) => count * size, 1) }, (_, index) => (((index * 7 + seed) % 17) - 8) / 8),
    shape,
    { device },
  );

describe.each(Object.entries(devices))("weights kept in 16 bits, %s", (_name, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(() => device[Symbol.asyncDispose]());

  test.each(["float16", "bfloat16"] as const)("%s: affine and matmul give what the same numbers in float32 give", async (dtype) => {
    for (const rows of [1, 3, 20]) {
      const [x, weight, bias] = [eighths([rows, 40], device, 1), eighths([24, 40], device, 2), eighths([24], device, 3)];
      const kept = cast(weight, dtype);
      // sums of 40 multiples of 1/64 below 40 are exact in any order
      for (const b of [bias, null]) expect(await affine(x, kept, b).data()).toEqual(await affine(x, weight, b).data());
      expect(await matmul(x, transpose(kept)).data()).toEqual(await matmul(x, transpose(weight)).data());
    }
  });

  test.each(["float16", "bfloat16"] as const)("%s: x and the bias get their gradients, the weight none", async (dtype) => {
    const [x, weight, bias] = [eighths([2, 3, 40], device, 1), eighths([24, 40], device, 2), eighths([24], device, 3)];
    const loss = (params: { x: Tensor; weight: Tensor; bias: Tensor }): Tensor => {
      const y = affine(params.x, params.weight, params.bias);
      return sum(matmul(y, transpose(y)));
    };
    const wide = valueAndGrad({ x, weight, bias }, loss).gradients;
    const kept = valueAndGrad({ x, weight: cast(weight, dtype), bias }, loss).gradients;
    expect(kept.weight).toBeNull();
    for (const name of ["x", "bias"] as const) {
      const [got, expected] = [await kept[name].data(), await wide[name].data()];
      // the same products in another order of addition
      for (const [index, value] of expected.entries()) expect(Math.abs((got[index] as number) - value)).toBeLessThanOrEqual(1e-5 * (1 + Math.abs(value)));
    }
  });
});

test("other types, and 16 bits on the left, are refused", async () => {
  const device = await (devices.reference as () => Device)();
  const [x, weight] = [eighths([2, 4], device, 1), eighths([3, 4], device, 2)];
  expect(() => affine(cast(x, "float16"), weight, null)).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: affine: expected float32, got Tensor float16 [2, 4] on reference; convert it with cast(x, "float32")]`,
  );
  expect(() => matmul(cast(x, "bfloat16"), transpose(weight))).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: matmul: expected float32, got Tensor bfloat16 [2, 4] on reference; convert it with cast(x, "float32")]`,
  );
  expect(() => affine(x, cast(weight, "int32"), null)).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: affine: expected float32, float16 or bfloat16 on the right, got Tensor int32 [3, 4] on reference; convert it with cast(x, "float32")]`,
  );
});
