import { describe, expect, test } from "vitest";
import type { Device, KernelCall, Operand } from "../index.ts";
import { contiguousStrides, DeviceError, reference } from "../index.ts";

const twice = { program: { operands: 1, scalars: 0, instructions: [["add", 0, 0]] } } as const;

/** Uploads numbers as an operand of one axis. */
function upload(device: Device, ...values: number[]): Operand {
  return { buffer: device.upload(Float32Array.from(values), "float32"), shape: [values.length], strides: [1], offset: 0, dtype: "float32" };
}

/** The call that doubles an operand. */
function doubling(operand: Operand, donated: readonly number[] = []): KernelCall<"map"> {
  return { kernel: "map", settings: twice, operands: [operand], scalars: [], outputs: [{ shape: operand.shape, dtype: "float32" }], donated };
}

describe("memory", () => {
  test("a limit is kept, and what would pass it says the sizes and changes nothing", () => {
    const device = reference({ memory: 40 });
    const x = upload(device, 1, 2, 3, 4, 5);
    expect(() => upload(device, 1, 2, 3, 4, 5, 6)).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: upload: no room for 24 bytes, 20 of 40 are in use by 1 buffer; free some or raise { memory }]`,
    );
    device.kernels.map(doubling(x));
    expect(() => device.kernels.map(doubling(x))).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: map: no room for 20 bytes, 40 of 40 are in use by 2 buffers; free some or raise { memory }]`,
    );
    expect(device.memory()).toEqual({ live: 40, peak: 40, buffers: 2, limit: 40 });
  });

  test("a donated operand's array is written in place: no byte more at the peak", () => {
    const device = reference({ memory: 40 });
    const x = upload(device, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    device.kernels.map(doubling(x, [0]));
    expect(device.memory()).toEqual({ live: 40, peak: 40, buffers: 1, limit: 40 });
  });

  test("a donated operand that nothing can be written into is freed when the work is done", async () => {
    const device = reference();
    const x = upload(device, 1, 2, 3);
    const [sum] = device.kernels.reduce({
      kernel: "reduce",
      settings: { kind: "sum", axes: [0] },
      operands: [x],
      scalars: [],
      outputs: [{ shape: [], dtype: "float32" }],
      donated: [0],
    });
    expect(device.memory()).toEqual({ live: 4, peak: 16, buffers: 1 });
    expect(await device.read({ buffer: sum!, shape: [], strides: [], offset: 0, dtype: "float32" })).toEqual(Float32Array.of(6));
  });

  test("a call that fails takes nothing: what it would have donated is still there", async () => {
    const device = reference();
    const table = upload(device, 1, 2, 3);
    const index = { ...upload(device, 0), buffer: device.upload(Int32Array.of(3), "int32"), dtype: "int32" } as const;
    const before = device.memory();
    const call = { kernel: "gather", settings: { axis: 0 }, operands: [table, index], scalars: [], outputs: [{ shape: [1], dtype: "float32" }] } as const;
    expect(() => device.kernels.gather({ ...call, donated: [0] })).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: gather: index 3 at [0] is outside 0 to 2]`,
    );
    expect(device.memory()).toEqual(before);
    expect(await device.read(table)).toEqual(Float32Array.of(1, 2, 3));
  });
});

describe("buffers", () => {
  test("a freed, a donated and a foreign buffer are told apart from a live one", async () => {
    const device = reference();
    const x = upload(device, 1, 2, 3);
    device.free(x.buffer);
    expect(() => device.free(x.buffer)).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: free: a buffer of 12 bytes was freed or donated; keep it alive until its last use]`,
    );
    const y = upload(device, 1, 2, 3);
    device.kernels.map(doubling(y, [0]));
    await expect(device.read(y)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: read: a buffer of 12 bytes was freed or donated; keep it alive until its last use]`,
    );
    expect(() => device.kernels.map(doubling(upload(reference(), 1, 2)))).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: map: operand 0: a buffer of 8 bytes belongs to another device; read it there, upload it here]`,
    );
  });

  test("an operand says what its buffer holds", async () => {
    const device = reference();
    const x = { ...upload(device, 1, 2, 3), dtype: "int32" } as const;
    await expect(device.read(x)).rejects.toThrowErrorMatchingInlineSnapshot(`[DeviceError: read: the buffer holds float32, the operand says int32]`);
    expect(() => device.kernels.map(doubling(x))).toThrowErrorMatchingInlineSnapshot(`[DeviceError: map: operand 0 says int32, its buffer holds float32]`);
    expect(() => device.upload(Float32Array.of(1), "bfloat16")).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: upload: bfloat16 comes in a Uint16Array, got a Float32Array]`,
    );
  });

  test("reading beyond a buffer is an error", async () => {
    const device = reference();
    await expect(device.read({ ...upload(device, 1, 2, 3), shape: [2], offset: 2 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: read: operand 0 reaches from element 2 to 3, its buffer holds 3 of float32; check shape, strides and offset]`,
    );
  });
});

describe("the device", () => {
  test("every call after it was disposed is an error", async () => {
    const device = reference();
    const x = upload(device, 1);
    await device[Symbol.asyncDispose]();
    const attempts = [() => device.upload(Float32Array.of(1), "float32"), () => device.free(x.buffer), () => device.memory(), () => device.resetPeak()];
    for (const attempt of [...attempts, () => device.kernels.map(doubling(x))]) expect(attempt).toThrow(DeviceError);
    await expect(device.read(x)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: read: the reference device was disposed; make a new one with reference()]`,
    );
  });

  test("without fused kernels only the required six are there", () => {
    expect(Object.keys(reference({ fused: false }).kernels)).toEqual(["map", "reduce", "matmul", "gather", "scatterAdd", "copy"]);
  });

  test("a DeviceError is known across copies of the package, another error is not", () => {
    const copy = Object.assign(new Error("from another copy"), { brand: Symbol.for("@ashlar/DeviceError") });
    expect([DeviceError.is(new DeviceError("own")), DeviceError.is(copy), DeviceError.is(new Error("other")), DeviceError.is("text")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("a view of any strides is read as its shape says", async () => {
    const device = reference();
    const { buffer } = upload(device, 1, 2, 3, 4, 5, 6);
    const read = (view: Omit<Operand, "buffer" | "dtype">) => device.read({ buffer, dtype: "float32", ...view });
    expect(await read({ shape: [3, 2], strides: [1, 3], offset: 0 })).toEqual(Float32Array.of(1, 4, 2, 5, 3, 6));
    expect(await read({ shape: [2, 2], strides: [0, -1], offset: 5 })).toEqual(Float32Array.of(6, 5, 6, 5));
    expect(await read({ shape: [0, 4], strides: contiguousStrides([0, 4]), offset: 0 })).toEqual(new Float32Array(0));
  });
});
