import fc from "fast-check";
import { expect, test } from "vitest";
import { decode } from "./decode.ts";
import { type SmallFloat, smallFloats } from "./small-float.ts";

const infinity = Number.POSITIVE_INFINITY;
const finite = (type: SmallFloat): number[] => [...smallFloats(type)].filter(Number.isFinite);

test("the largest and smallest small floats are those of their specifications", () => {
  const ends = (type: SmallFloat) => [Math.max(...finite(type)), Math.min(...finite(type).filter((value) => value > 0))];
  expect(ends("F8_E4M3")).toEqual([448, 2 ** -9]);
  expect(ends("F8_E5M2")).toEqual([57344, 2 ** -16]);
  expect(ends("F8_E4M3FNUZ")).toEqual([240, 2 ** -10]);
  expect(ends("F8_E5M2FNUZ")).toEqual([57344, 2 ** -17]);
  expect([...smallFloats("F4")]).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6]);
});

test("only IEEE-like small floats have infinities, only FNUZ lacks a negative zero", () => {
  const has = (type: SmallFloat, value: number) => [...smallFloats(type)].some((other) => Object.is(other, value));
  expect((["F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"] as const).map((type) => [has(type, infinity), has(type, -0), has(type, Number.NaN)])).toEqual([
    [false, true, true],
    [true, true, true],
    [false, false, true],
    [false, false, true],
  ]);
});

test("four-bit floats come two a byte, the lower half first; E8M0 is a power of two", () => {
  expect(decode({ dtype: "F4", shape: [4], bytes: Uint8Array.of(0x21, 0xf0) })).toEqual(Float32Array.of(0.5, 1, 0, -6));
  expect(decode({ dtype: "F8_E8M0", shape: [4], bytes: Uint8Array.of(127, 128, 0, 255) })).toEqual(Float32Array.of(1, 2, 2 ** -127, Number.NaN));
});

test("bytes may begin anywhere in their buffer", () => {
  fc.assert(
    fc.property(fc.array(fc.double()), fc.nat(9), (values, shift) => {
      const wanted = Float64Array.from(values);
      const room = new Uint8Array(shift + wanted.byteLength + 3);
      room.set(new Uint8Array(wanted.buffer), shift);
      const bytes = room.subarray(shift, shift + wanted.byteLength);
      expect(decode({ dtype: "F64", shape: [values.length], bytes })).toEqual(wanted);
    }),
  );
});
