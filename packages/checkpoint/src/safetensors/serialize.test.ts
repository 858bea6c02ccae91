import { type Device, decodeFloat16, encodeBfloat16, encodeFloat16, reference } from "@ashlar/backend";
import { cast, fromData, tensor, transpose } from "@ashlar/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { open } from "../files/open.ts";
import { decode } from "./decode.ts";
import { parseHeader } from "./header.ts";
import { serialize } from "./serialize.ts";
import type { StoredTensor } from "./stored.ts";
import { bitsPerElement, type StoredType } from "./stored-type.ts";
import { toTensor } from "./to-tensor.ts";

const device: Device = reference();
const types: readonly StoredType[] = [
  "BOOL",
  "U8",
  "I8",
  "F8_E5M2",
  "F8_E4M3",
  "F8_E8M0",
  "I16",
  "U16",
  "F16",
  "BF16",
  "I32",
  "U32",
  "F32",
  "C64",
  "F64",
  "I64",
  "U64",
];

const storedTensor: fc.Arbitrary<StoredTensor> = fc
  .record({ dtype: fc.constantFrom(...types), shape: fc.array(fc.nat(4), { maxLength: 3 }), seed: fc.nat(255) })
  .map(({ dtype, shape, seed }) => {
    const length = (shape.reduce((count, size) => count * size, 1) * bitsPerElement(dtype)) / 8;
    return { dtype, shape, bytes: Uint8Array.from({ length }, (_, index) => (seed + 31 * index) & 255) };
  });
const name: fc.Arbitrary<string> = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "constructor", "1", "\u0000", "\uffff", "\u{10000}"));
const record = fc.uniqueArray(fc.tuple(name, storedTensor), { selector: ([key]) => key, maxLength: 8 });

test("what is written is read", async () => {
  await fc.assert(
    fc.asyncProperty(record, fc.dictionary(name, fc.string({ unit: "grapheme" })), async (tensors, metadata) => {
      const wanted = tensors.filter(([key]) => key !== "__metadata__");
      await using file = await open(await serialize(wanted, { metadata }));
      expect(new Map(file.metadata)).toEqual(new Map(Object.entries(metadata)));
      const read = await Promise.all([...file.tensors.keys()].map(async (key) => [key, await file.read(key)] as const));
      expect(new Map(read)).toEqual(new Map(wanted));
    }),
  );
});

test("every tensor begins at a multiple of its element's size", async () => {
  await fc.assert(
    fc.asyncProperty(record, async (tensors) => {
      const bytes = await serialize(tensors);
      const { tensors: entries, dataStart } = parseHeader(bytes);
      expect(dataStart % 8).toBe(0);
      for (const { dtype, begin } of entries.values()) expect(begin % (bitsPerElement(dtype) / 8)).toBe(0);
    }),
  );
});

test("the order in which tensors are given does not matter", async () => {
  await fc.assert(
    fc.asyncProperty(record, async (tensors) => {
      expect(await serialize(tensors)).toEqual(await serialize(new Map(tensors.toReversed())));
    }),
  );
});

test("tensors are written as they are seen: views, bools, integers, halves", async () => {
  const x = tensor(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    { device },
  );
  await using file = await open(
    await serialize({
      view: transpose(x),
      bool: tensor([true, false], { device, dtype: "bool" }),
      int: tensor([-7, 2 ** 31 - 1], { device, dtype: "int32" }),
      half: cast(x, "float16"),
      brain: cast(x, "bfloat16"),
      number: tensor(2.5, { device }),
    }),
  );
  const values = async (key: string) => [file.tensors.get(key)?.dtype, file.tensors.get(key)?.shape, [...decode(await file.read(key))]];
  expect(await values("view")).toEqual(["F32", [3, 2], [1, 4, 2, 5, 3, 6]]);
  expect(await values("bool")).toEqual(["BOOL", [2], [1, 0]]);
  expect(await values("int")).toEqual(["I32", [2], [-7, 2 ** 31 - 1]]);
  expect(await values("half")).toEqual(["F16", [2, 3], [1, 2, 3, 4, 5, 6]]);
  expect(await values("brain")).toEqual(["BF16", [2, 3], [1, 2, 3, 4, 5, 6]]);
  expect(await values("number")).toEqual(["F32", [], [2.5]]);
});

test("the dtype option rounds float32 to nearest even and leaves other types alone", async () => {
  const values = Float32Array.from([0.1, -1 / 3, 65504, 2 ** -24, 1 + 2 ** -11, Number.NaN, Number.POSITIVE_INFINITY]);
  for (const [dtype, encoder] of [
    ["float16", encodeFloat16],
    ["bfloat16", encodeBfloat16],
  ] as const) {
    await using file = await open(await serialize({ x: fromData(values, [7], { device }), n: tensor([1], { device, dtype: "int32" }) }, { dtype }));
    const { bytes } = await file.read("x");
    expect(new Uint16Array(bytes.slice().buffer)).toEqual(encoder(values));
    expect(file.tensors.get("n")?.dtype).toBe("I32");
  }
});

test("toTensor gives float32, int32 and bool", async () => {
  const stored = (dtype: StoredType, array: { buffer: ArrayBufferLike; length: number }): StoredTensor => ({
    dtype,
    shape: [array.length],
    bytes: new Uint8Array(array.buffer),
  });
  const data = async (value: StoredTensor) => {
    const made = toTensor(value, { device, name: '"x"' });
    return [made.dtype, ...(await made.data())];
  };
  const halves = encodeFloat16(Float32Array.from([0.5, -2]));
  expect(await data(stored("F16", halves))).toEqual(["float32", ...decodeFloat16(halves)]);
  expect(await data(stored("F64", Float64Array.from([0.1])))).toEqual(["float32", Math.fround(0.1)]);
  expect(await data(stored("I64", BigInt64Array.from([-5n])))).toEqual(["int32", -5]);
  expect(await data(stored("U8", Uint8Array.from([200])))).toEqual(["int32", 200]);
  expect(await data(stored("BOOL", Uint8Array.from([0, 1, 7])))).toEqual(["bool", 0, 1, 1]);
  expect(() => toTensor(stored("U32", Uint32Array.from([1, 2 ** 31])), { device, name: '"x"' })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: "x": element 1 is 2147483648 (U32), which int32 does not hold; read it with decode()]`,
  );
  expect(() => toTensor(stored("C64", Float32Array.from([1, 2])), { device })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: decode: C64 has no array of numbers here; its bytes are in \`bytes\`]`,
  );
});

test("what a file can't hold is refused before it is written", async () => {
  const one = tensor([1], { device });
  const big = tensor([1, 70000], { device });
  await expect(serialize({ __metadata__: one })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: serialize: a tensor can't be called "__metadata__": the format keeps the name for itself]`,
  );
  await expect(
    serialize([
      ["a", one],
      ["a", one],
    ]),
  ).rejects.toThrowErrorMatchingInlineSnapshot(`[CheckpointError: serialize: the header has "a" twice]`);
  await expect(serialize({ "half \ud800": one })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: serialize: a name in the header has half a character: "half \\ud800"]`,
  );
  await expect(serialize({ big }, { dtype: "float16" })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: "big": element 1 is 70000, beyond what F16 holds; store bfloat16 or float32]`,
  );
  await expect(serialize({ short: { dtype: "F32", shape: [2], bytes: new Uint8Array(7) } })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: serialize: expected 8 bytes for "short" (F32 [2]), got 7]`,
  );
});
