import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeFloat16, encodeFloat16 } from "./float16.ts";

const encode = (...values: number[]): number[] => [...encodeFloat16(Float32Array.from(values))];
const decode = (...bits: number[]): number[] => [...decodeFloat16(Uint16Array.from(bits))];

/** The value by the definition `(−1)ˢ · 2^(e − 15) · (1 + f / 1024)`. */
function defined(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, (bits & 1023) / 1024];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

describe("float16", () => {
  test("every one of the 65,536 patterns decodes to its definition", () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const values = decodeFloat16(patterns);
    expect([...patterns].filter((bits) => !Object.is(values[bits], defined(bits)))).toEqual([]);
  });

  test("every pattern comes back from its value, but NaN's payload", () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const back = encodeFloat16(decodeFloat16(patterns));
    const isNaN16 = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;
    expect([...patterns].filter((bits) => (isNaN16(bits) ? !isNaN16(back[bits]!) : back[bits] !== bits))).toEqual([]);
  });

  test.each([
    ["zero", 0, 0x0000],
    ["minus zero", -0, 0x8000],
    ["one", 1, 0x3c00],
    ["minus two", -2, 0xc000],
    ["a third", 1 / 3, 0x3555],
    ["the largest", 65504, 0x7bff],
    ["just below halfway to the next", 65519.996, 0x7bff],
    ["halfway to what would be next, which overflows", 65520, 0x7c00],
    ["far beyond", -1e30, 0xfc00],
    ["Infinity", Number.POSITIVE_INFINITY, 0x7c00],
    ["−Infinity", Number.NEGATIVE_INFINITY, 0xfc00],
    ["NaN", Number.NaN, 0x7e00],
    ["the smallest normal", 2 ** -14, 0x0400],
    ["the largest subnormal", 2 ** -14 - 2 ** -24, 0x03ff],
    ["halfway from there to the smallest normal", 2 ** -14 - 2 ** -25, 0x0400],
    ["the smallest", 2 ** -24, 0x0001],
    ["half of it, a tie with zero", 2 ** -25, 0x0000],
    ["just above half of it", 2 ** -25 * (1 + 2 ** -23), 0x0001],
    ["three halves of it, a tie that goes up to even", 3 * 2 ** -25, 0x0002],
    ["a float32 subnormal", 1e-40, 0x0000],
    ["a tie that stays at even", 2049, 0x6800],
    ["a tie that goes up to even", 2051, 0x6802],
  ])("%s", (_, value, bits) => {
    expect(encode(value)).toEqual([bits]);
  });

  test("what comes back is the nearest, and of two equally near the even one", () => {
    fc.assert(
      fc.property(fc.float({ min: Math.fround(-65519), max: Math.fround(65519), noNaN: true }), (value) => {
        const [bits] = encode(value) as [number];
        const distance = Math.abs(defined(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          if ((neighbour & 0x7fff) > 0x7bff || (neighbour & 0x8000) !== (bits & 0x8000)) continue;
          const other = Math.abs(defined(neighbour) - value);
          expect(distance).toBeLessThanOrEqual(other);
          if (distance === other) expect(bits % 2).toBe(0);
        }
        expect(Object.is(Math.sign(defined(bits)), Math.sign(value)) || Math.abs(value) <= 2 ** -25).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("a view into a larger array is read from its own start", () => {
    const host = Float32Array.of(9, 1, -2, 9);
    expect([...encodeFloat16(host.subarray(1, 3))]).toEqual([0x3c00, 0xc000]);
    expect(decode(0x3c00, 0xc000)).toEqual([1, -2]);
  });
});
