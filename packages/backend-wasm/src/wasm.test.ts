import type { Device, Operand, Program } from "@ashlar/backend";
import { DeviceError, reference } from "@ashlar/backend";
import { expect, test } from "vitest";
import { wasm } from "./wasm.ts";

const MIB = 2 ** 20;
const add: Program = { operands: 2, scalars: 0, instructions: [["add", 0, 1]] };

const vector = (device: Device, length: number, value: number): Operand => ({
  buffer: device.upload(new Float32Array(length).fill(value), "float32"),
  shape: [length],
  strides: [1],
  offset: 0,
  dtype: "float32",
});

const sum = (device: Device, a: Operand, b: Operand): Operand => {
  const [buffer] = device.kernels.map({ kernel: "map", settings: { program: add }, operands: [a, b], scalars: [], outputs: [a] });
  return { ...a, buffer: buffer! };
};

const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (DeviceError.is(error)) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
};

test("the description says which build runs, on how many threads", async () => {
  await using relaxed = await wasm({ threads: 1 });
  await using plain = await wasm({ simd: "plain", threads: 3 });
  expect(relaxed.description).toBe("WebAssembly, relaxed SIMD (fused multiply-add), one thread");
  expect(plain.description).toBe("WebAssembly, SIMD, 3 threads");
});

test("memory grows as buffers need it and what is in them stays", async () => {
  await using device = await wasm({ memory: { initial: 0 } });
  const first = vector(device, 1000, 7);
  const large = Array.from({ length: 10 }, (_, index) => vector(device, MIB, index));
  expect((await device.read(first)).every((value) => value === 7)).toBe(true);
  for (const [index, operand] of large.entries()) expect((await device.read(operand))[MIB - 1]).toBe(index);
  const { limit, reserved, ...account } = device.memory();
  expect(account).toEqual({ live: 4000 + 40 * MIB, peak: 4000 + 40 * MIB, buffers: 11 });
  expect(reserved).toBeGreaterThanOrEqual(4000 + 40 * MIB);
  expect(reserved! % 65536).toBe(0);
  expect(limit).toBeGreaterThan(4 * 1024 * MIB - 4 * MIB);
  expect(limit).toBeLessThan(4 * 1024 * MIB);
});

test.each([1, 2])("a place is filled in pieces while memory grows, on %s threads, and is a buffer like any other", async (threads) => {
  await using device = await wasm({ memory: { initial: 0, maximum: 64 * MIB }, threads });
  const { buffer, bytes } = device.place!(MIB, "float32");
  expect(bytes.length).toBe(4 * MIB);
  const numbers = new Uint8Array(Float32Array.from({ length: MIB }, (_, index) => index).buffer);
  bytes.set(numbers.subarray(0, MIB));
  const others = Array.from({ length: 8 }, (_, index) => vector(device, MIB, index));
  bytes.set(numbers.subarray(MIB), MIB);
  const placed: Operand = { buffer, shape: [MIB], strides: [1], offset: 0, dtype: "float32" };
  expect(device.memory()).toMatchObject({ live: 36 * MIB, buffers: 9 });
  const total = sum(device, placed, others[1]!);
  expect((await device.read(total)).every((value, index) => value === index + 1)).toBe(true);
  device.free(buffer);
  expect(device.memory()).toMatchObject({ live: 36 * MIB, buffers: 9 });
  expect(message(() => device.place!(8 * MIB, "float32"))).toMatch(/^place: no room for 33554432 bytes: 37748736 bytes are live in 9 buffers/);
  expect(device.place!(0, "int32").bytes.length).toBe(0);
});

test("when memory is exhausted the sizes are named, nothing is corrupted, and freeing makes room", async () => {
  await using device = await wasm({ memory: { initial: MIB, maximum: 8 * MIB } });
  const a = vector(device, MIB / 2, 1);
  const b = vector(device, MIB / 2, 2);
  const c = sum(device, a, b);
  expect(message(() => sum(device, a, b))).toMatchInlineSnapshot(
    `"map: no room for 2097152 bytes: 6291456 bytes are live in 3 buffers, the memory may have 8388608; free some or raise wasm({ memory: { maximum } })"`,
  );
  expect(message(() => device.upload(new Float32Array(4 * MIB), "float32"))).toMatchInlineSnapshot(
    `"upload: no room for 16777216 bytes: 6291456 bytes are live in 3 buffers, the memory may have 8388608; free some or raise wasm({ memory: { maximum } })"`,
  );
  expect(device.memory()).toMatchObject({ live: 6 * MIB, buffers: 3 });
  expect((await device.read(c)).every((value) => value === 3)).toBe(true);
  device.free(a.buffer);
  const d = sum(device, b, c);
  expect((await device.read(d)).every((value) => value === 5)).toBe(true);
});

test("what a kernel kept as workspace makes room for buffers", async () => {
  await using device = await wasm({ memory: { initial: 0, maximum: 12 * MIB } });
  const x = vector(device, MIB, 1);
  const matrix = { ...x, shape: [1024, 1024], strides: [1024, 1] };
  const product = device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [matrix, matrix], scalars: [], outputs: [matrix] });
  device.free(product[0]!);
  const double = sum(device, x, x);
  const last = vector(device, (3 * MIB) / 4, 5); // 3 MiB: more than is left beside the product's workspace
  expect([(await device.read(double))[7], (await device.read(last))[7], (await device.read(x))[MIB - 1]]).toEqual([2, 5, 1]);
});

test("a program may be long, and is refused with the numbers where it is too long", async () => {
  await using device = await wasm();
  const x = vector(device, 3000, 0);
  const chain = (length: number): Program => ({
    operands: 1,
    scalars: 1,
    instructions: Array.from({ length }, (_, step) => ["add", step === 0 ? 0 : step + 1, 1]),
  });
  const run = (program: Program) => device.kernels.map({ kernel: "map", settings: { program }, operands: [x], scalars: [1], outputs: [x] });
  const [buffer] = run(chain(1000));
  expect((await device.read({ ...x, buffer: buffer! }))[2999]).toBe(1000);
  expect(message(() => run(chain(2000)))).toMatchInlineSnapshot(`"map: the program has 2002 registers, at most 1023 fit; split it"`);
});

test("mistakes with buffers are device errors", async () => {
  await using device = await wasm();
  await using other = reference();
  const a = vector(device, 4, 1);
  const b = vector(device, 4, 1);
  device.free(b.buffer);
  expect(message(() => device.free(b.buffer))).toMatchInlineSnapshot(`"free: a buffer of 16 bytes was freed or donated; keep it alive until its last use"`);
  expect(message(() => sum(device, a, b))).toMatchInlineSnapshot(`"map: a buffer of 16 bytes was freed or donated; keep it alive until its last use"`);
  expect(message(() => sum(device, a, vector(other, 4, 1)))).toMatchInlineSnapshot(
    `"map: a buffer of 16 bytes belongs to another device; read it there, upload it here"`,
  );
  expect(message(() => sum(device, a, { ...a, dtype: "int32" }))).toMatchInlineSnapshot(`"map: an operand says int32, its buffer holds float32"`);
  expect(message(() => sum(device, a, { ...a, offset: 1 }))).toMatchInlineSnapshot(
    `"map: operand 1 reaches from element 1 to 4, its buffer holds 4 of float32; check shape, strides and offset"`,
  );
  expect(message(() => device.upload(new Float32Array(4), "int32"))).toMatchInlineSnapshot(`"upload: int32 comes in a Int32Array, got a Float32Array"`);
  await expect(device.read({ ...a, shape: [5] })).rejects.toThrow(DeviceError);
  expect(device.memory()).toMatchObject({ live: 16, buffers: 1 });
});

test("a call that fails half-way leaves no buffer behind", async () => {
  await using device = await wasm();
  const x = vector(device, 4, 1);
  const index: Operand = { ...x, buffer: device.upload(Int32Array.of(0, 9, 1, 2), "int32"), dtype: "int32" };
  const before = device.memory();
  const gather = () => device.kernels.gather({ kernel: "gather", settings: { axis: 0 }, operands: [x, index], scalars: [], outputs: [x] });
  expect(message(gather)).toMatchInlineSnapshot(`"gather: the index at [1] is outside 0 to 3"`);
  expect(device.memory()).toMatchObject({ live: before.live, buffers: before.buffers });
});

test("after disposal every call is a device error", async () => {
  const device = await wasm();
  const a = vector(device, 4, 1);
  await device[Symbol.asyncDispose]();
  expect(message(() => device.upload(new Float32Array(1), "float32"))).toMatchInlineSnapshot(
    `"upload: the wasm device was disposed; make a new one with await wasm()"`,
  );
  for (const call of [() => sum(device, a, a), () => device.free(a.buffer), () => device.memory(), () => device.resetPeak()]) expect(call).toThrow(DeviceError);
  await expect(device.read(a)).rejects.toThrow(DeviceError);
});

test("impossible memories are refused", async () => {
  await expect(wasm({ memory: { initial: 2 * MIB, maximum: MIB } })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[DeviceError: wasm: memory.initial (2097152) must lie between 0 and memory.maximum (1048576)]`,
  );
  await expect(wasm({ memory: { initial: Number.NaN } })).rejects.toThrow(DeviceError);
});

test("a thousand steps of uneven sizes leave memory where the first left it", async () => {
  await using device = await wasm({ memory: { initial: MIB, maximum: 16 * MIB } });
  const kept = vector(device, 1000, 1);
  for (let step = 0; step < 1000; step++) {
    const parts = Array.from({ length: 6 }, (_, index) => vector(device, 1 + ((step * 7919 + index * 104_729) % 300_000), index));
    for (const part of parts) device.free(part.buffer);
  }
  expect(device.memory()).toMatchObject({ live: 4000, buffers: 1 });
  expect((await device.read(kept))[999]).toBe(1);
});
