// launch is the floor on which ops stand; donation is the part of it that can go wrong.
import { type Device, DeviceError } from "@ashlar/backend";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exp, launch, mul, scoped, slice, sum, type Tensor, TensorError, tensor, valueAndGrad } from "../index.ts";
import { devices } from "../testing/devices.ts";

const double = { operands: 1, scalars: 0, instructions: [["add", 0, 0]] } as const;

/** 2 · x, written over x where the device can. */
const doubled = (x: Tensor): Tensor =>
  launch(x.device, "map", { settings: { program: double }, operands: [x], outputs: [{ shape: x.shape, dtype: "float32" }], donated: [0] })[0]!;

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeEach(async () => {
    device = await make();
  });
  afterEach(() => device[Symbol.asyncDispose]());

  test("memory that is given up counts no longer, and is not to be read", async () => {
    const { live } = device.memory();
    scoped(() => {
      const x = tensor([1, 2, 3], { device });
      const y = doubled(x);
      expect(device.memory().live).toBe(live + y.size * 4);
      expect(() => exp(x)).toThrow(TensorError);
      expect(() => exp(x)).toThrow("tensor: its memory was donated to map; return it from that function or copy() it first");
    });
    expect(device.memory().live).toBe(live);
    expect([...(await doubled(tensor([1, 2, 3], { device })).data())]).toEqual([2, 4, 6]);
  });

  test("what a view still needs: the view says that it is gone", () => {
    const x = tensor([1, 2, 3], { device });
    const view = slice(x, 0, { start: 1 });
    doubled(x);
    expect(() => exp(view)).toThrow("its memory was donated to map");
  });

  test("a view can't be given up, and nothing happens to it", async () => {
    const x = tensor([1, 2, 3], { device });
    expect(() => doubled(slice(x, 0, { start: 1 }))).toThrow(DeviceError);
    expect([...(await x.data())]).toEqual([1, 2, 3]);
  });

  test("what a gradient being recorded needs can't be given up, before and after the tape has it", () => {
    const x = tensor([1, 2, 3], { device });
    const message = "map: operand 0 can't be donated: a gradient being recorded still needs it";
    valueAndGrad(x, (given) => {
      const y = mul(given, given);
      expect(() => doubled(given)).toThrow(message);
      expect(() => doubled(y)).toThrow(message);
      const z = exp(y);
      expect(() => doubled(z)).toThrow(message);
      return sum(z);
    });
    expect(() => doubled(x)).not.toThrow();
  });

  test("what no gradient needs can be given up while one is recorded", () => {
    const x = tensor([1, 2, 3], { device });
    const other = tensor([1, 2, 3], { device });
    valueAndGrad(x, (given) => {
      doubled(exp(other));
      return sum(given);
    });
  });
});
