import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Device, DeviceError, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { fromData, scoped, type Tensor } from "@ashlar/tensor";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ByteSource } from "./files/byte-source.ts";
import { named } from "./named.ts";
import { fused, joined, rename } from "./names/rule.ts";
import { table } from "./names/table.ts";
import { regrouped, transposed } from "./names/transform.ts";
import { serialize } from "./safetensors/serialize.ts";
import { save } from "./save.ts";
import { type SavedSource, saved } from "./saved.ts";

const names = table(
  [
    rename("wte", "table"),
    rename("c_proj", "projection", transposed),
    fused("c_attn", ["query", "key", "value"], { transform: transposed }),
    joined(["gate", "up"], "both"),
    rename("rotary", "turned", regrouped({ sizes: [2, 2], order: [1, 0] })),
    rename("steps", "steps"),
    rename("flag", "flag"),
  ],
  { name: "mixed" },
);
const shapes: Readonly<Record<string, readonly number[]>> = {
  table: [5, 4],
  projection: [3, 4],
  query: [2, 4],
  key: [2, 4],
  value: [2, 4],
  both: [6, 4],
  turned: [4, 3],
  steps: [1],
  flag: [2],
};
const bytesOf = (shape: readonly number[]): number => 4 * shape.reduce((product, size) => product * size, 1);
const needed = Object.values(shapes).reduce((sum, shape) => sum + bytesOf(shape), 0);

/** A checkpoint of all kinds of lines, every number another. */
function checkpoint(): Promise<Uint8Array> {
  const device = reference();
  let at = 0;
  const counted = (shape: readonly number[]): Tensor =>
    fromData(
      Float32Array.from({ length: bytesOf(shape) / 4 }, () => at++),
      shape,
      { device },
    );
  return serialize({
    wte: counted([5, 4]),
    c_proj: counted([4, 3]),
    c_attn: counted([4, 6]),
    gate: counted([3, 4]),
    up: counted([3, 4]),
    rotary: counted([4, 3]),
    steps: fromData(Int32Array.of(7), [1], { device }),
    flag: fromData(Uint8Array.of(1, 0), [2], { device }),
  });
}

function all(source: SavedSource): Record<string, Tensor> {
  const read = Object.fromEntries(Object.entries(shapes).map(([path, shape]) => [path, source.read(path, { shape })]));
  source.done();
  return read;
}

/** Bytes that are read as those of a file are: straight to where they are wanted. `fails` names the read that does not come to an end. */
function streamed(bytes: Uint8Array, fails = Number.POSITIVE_INFINITY): ByteSource {
  let count = 0;
  return {
    name: "streamed.safetensors",
    size: bytes.length,
    read: async (start, end) => bytes.slice(start, end),
    async readInto(start, into) {
      const number = count++;
      await new Promise((resolve) => setTimeout(resolve, number % 3));
      into.set(bytes.subarray(start, start + into.length / 2));
      if (number === fails) throw new Error("the disk is gone");
      into.set(bytes.subarray(start, start + into.length));
    },
  };
}

let device: Device;
let folder = "";
beforeEach(async () => {
  device = await wasm({ threads: 1 });
  folder = await mkdtemp(join(tmpdir(), "ashlar-checkpoint-"));
});
afterEach(async () => {
  await device[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const contents = (params: Readonly<Record<string, Tensor>>): Promise<unknown> =>
  Promise.all(Object.entries(params).map(async ([path, x]) => [path, x.shape, await x.data()]));

test("waiting on the device or on the host, from bytes, a stream or a file, the tensors are the same", async () => {
  const bytes = await checkpoint();
  const expected = await contents(all(await saved(bytes, { device: reference(), table: names })));
  await save(folder, all(await saved(bytes, { device, table: names })), { table: names });
  for (const files of [bytes, streamed(bytes), folder])
    for (const waiting of ["device", "host"] as const) {
      const read = all(await saved(files, { device, table: names, waiting }));
      expect(await contents(read)).toEqual(expected);
      expect(await serialize(named(read, names))).toEqual(bytes);
    }
});

test("a checkpoint on the device is there once: nothing is copied but the parts of what is cut or joined, and those own their memory", async () => {
  const source = await saved(streamed(await checkpoint()), { device, table: names });
  const flag = bytesOf([2]); // bytes in the file, words on a device: it waits on the host
  expect(device.memory().live).toBe(needed - flag);
  scoped(() => {
    device.resetPeak();
    const read = all(source);
    expect(device.memory().live).toBe(needed);
    for (const [path, x] of Object.entries(read)) expect(x.buffer.bytes, path).toBe(bytesOf(x.shape));
    for (const path of ["projection", "query", "key", "value"]) expect(read[path]?.strides, path).toEqual([1, read[path]?.shape[0]]);
  });
  expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
});

test("on the host nothing waits on the device", async () => {
  const source = await saved(streamed(await checkpoint()), { device, table: names, waiting: "host" });
  expect(device.memory().live).toBe(0);
  scoped(() => expect(source.read("query", { shape: [2, 4] }).buffer.bytes).toBe(32));
});

test("whichever read fails, nothing stays on the device", async () => {
  const bytes = await checkpoint();
  for (let fails = 0; fails < 7; fails++) {
    await expect(saved(streamed(bytes, fails), { device, table: names })).rejects.toThrow("the disk is gone");
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
  }
});

test("a device without the room says so, and keeps nothing", async () => {
  await using small = await wasm({ threads: 1, memory: { initial: 0, maximum: 2 ** 20 } });
  const large = await serialize(
    Object.fromEntries(["a", "b", "c"].map((name) => [name, { dtype: "F32" as const, shape: [100_000], bytes: new Uint8Array(400_000) }])),
  );
  await expect(saved(streamed(large), { device: small })).rejects.toSatisfy(DeviceError.is);
  expect(small.memory()).toMatchObject({ live: 0, buffers: 0 });
});

test("who asks again gets a copy, as long as there is something to copy", async () => {
  const source = await saved(streamed(await checkpoint()), { device, table: names });
  const [first, second] = [source.read("projection", { shape: [3, 4] }), source.read("projection", { shape: [3, 4] })];
  expect(second.storage).not.toBe(first.storage);
  expect(second.strides).toEqual(first.strides);
  expect(await second.data()).toEqual(await first.data());
  first.storage.free("the test");
  expect(() => source.read("projection", { shape: [3, 4] })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: mixed: "c_proj" was handed out before, and its memory is gone; read it again, or say { waiting: "host" }]`,
  );
});

test("what a partial read leaves goes with done, what was handed out stays", async () => {
  const source = await saved(streamed(await checkpoint()), { device, table: names });
  const query = source.partial.read("query", { shape: [2, 4] });
  const whole = source.partial.read("table", { shape: [5, 4] });
  expect(() => source.done()).toThrow("the model has no place for 6 of the 8 tensors");
  expect(device.memory().live).toBe(32 + 80);
  expect((await query?.data())?.length).toBe(8);
  expect((await whole?.data())?.length).toBe(20);
});
