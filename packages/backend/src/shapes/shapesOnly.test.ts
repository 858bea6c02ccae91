import { describe, expect, test } from "vitest";
import type { Device, KernelCall, Memory, Operand } from "../index.ts";
import { contiguousStrides, profiled, reference, shapesOnly } from "../index.ts";

const on = (device: Device, shape: readonly number[]): Operand => ({
  buffer: device.upload(new Float32Array(shape.reduce((count, size) => count * size, 1)), "float32"),
  shape,
  strides: contiguousStrides(shape),
  offset: 0,
  dtype: "float32",
});

const double = (x: Operand, donated?: readonly number[]): KernelCall<"map"> => ({
  kernel: "map",
  settings: { program: { operands: 1, scalars: 0, instructions: [["add", 0, 0]] } },
  operands: [x],
  scalars: [],
  outputs: [{ shape: x.shape, dtype: "float32" }],
  ...(donated && { donated }),
});

const sums = (x: Operand, donated?: readonly number[]): KernelCall<"cumulativeSum"> => ({
  kernel: "cumulativeSum",
  settings: {},
  operands: [x],
  scalars: [],
  outputs: [{ shape: x.shape, dtype: "float32" }],
  ...(donated && { donated }),
});

/** A little of everything that moves an account: upload, outputs, donations in place and not, freeing. */
function account(device: Device) {
  const accounts: Memory[] = [];
  const x = on(device, [3, 5]);
  accounts.push(device.memory());
  const [doubled] = device.kernels.map(double(x));
  accounts.push(device.memory());
  const [inPlace] = device.kernels.map(double({ ...x, buffer: doubled! }, [0]));
  accounts.push(device.memory());
  const [summed] = device.kernels.cumulativeSum!(sums({ ...x, buffer: inPlace! }, [0]));
  accounts.push(device.memory());
  device.resetPeak();
  device.free(summed!);
  accounts.push(device.memory());
  device.free(x.buffer);
  return [...accounts, device.memory()];
}

describe("shapesOnly", () => {
  test("its account is that of a device which computes", () => {
    expect(account(shapesOnly())).toEqual(account(reference()));
  });

  test("has the kernels of the contract, or those of the device that it is like, and its limit", () => {
    expect(Object.keys(shapesOnly().kernels).sort()).toEqual(Object.keys(reference().kernels).sort());
    const small = reference({ fused: false, memory: 1000 });
    const like = shapesOnly({ like: small });
    expect(Object.keys(like.kernels)).toEqual(Object.keys(small.kernels));
    expect([like.memory().limit, shapesOnly().memory().limit]).toEqual([1000, undefined]);
  });

  test("what no memory could hold is counted, and profiled counts its operations", () => {
    const device = profiled(shapesOnly());
    const [big] = device.kernels.copy({
      kernel: "copy",
      settings: { offsets: [], fill: 0 },
      operands: [],
      scalars: [],
      outputs: [{ shape: [2 ** 20, 2 ** 20], dtype: "float16" }],
    });
    expect(device.memory()).toEqual({ live: 2 ** 41, peak: 2 ** 41, buffers: 1 });
    device.free(big!);
    const [a, b] = [on(device, [2, 3]), on(device, [3, 4])];
    device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [a, b], scalars: [], outputs: [{ shape: [2, 4], dtype: "float32" }] });
    expect(device.profile.sums().find(({ name }) => name === "matmul")?.operations).toBe(2 * 2 * 3 * 4);
  });

  test("mistakes are those of any device, and numbers can't be read", async () => {
    const device = shapesOnly();
    const x = on(device, [2, 2]);
    const messageOf = (run: () => unknown): string => {
      try {
        return `no error: ${run()}`;
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(messageOf(() => device.kernels.map(double({ ...x, shape: [3, 2] })))).toMatchInlineSnapshot(
      `"map: operand 0 reaches from element 0 to 5, its buffer holds 4 of float32; check shape, strides and offset"`,
    );
    expect(messageOf(() => device.kernels.map(double(on(reference(), [2]))))).toMatchInlineSnapshot(
      `"map: operand 0: a buffer of 8 bytes belongs to another device; what runs without numbers makes all its arrays there"`,
    );
    await expect(device.read(x)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: read: this device has no numbers, only shapes, and [2, 2] was to be read; what depends on the numbers can't be run ahead, run it on a real device]`,
    );
    device.free(x.buffer);
    expect(messageOf(() => device.free(x.buffer))).toMatchInlineSnapshot(`"free: a buffer of 16 bytes was freed or donated; keep it alive until its last use"`);
    expect(messageOf(() => device.kernels.map(double(x)))).toMatchInlineSnapshot(
      `"map: operand 0: a buffer of 16 bytes was freed or donated; keep it alive until its last use"`,
    );
    await device[Symbol.asyncDispose]();
    expect(messageOf(() => device.memory())).toMatchInlineSnapshot(`"memory: the device without numbers was disposed; make a new one with shapesOnly()"`);
  });
});
