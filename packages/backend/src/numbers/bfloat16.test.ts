import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBfloat16, encodeBfloat16 } from "./bfloat16.ts";

const encode = (...values: number[]): number[] => [...encodeBfloat16(Float32Array.from(values))];

/** The value by the definition `(−1)ˢ · 2^(e − 127) · (1 + f / 128)`. */
function defined(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 7) & 255, (bits & 127) / 128];
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? 2 ** -126 * fraction : 2 ** (exponent - 127) * (1 + fraction));
}

describe("bfloat16", () => {
  test("every one of the 65,536 patterns decodes to its definition", () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const values = decodeBfloat16(patterns);
    expect([...patterns].filter((bits) => !Object.is(values[bits], defined(bits)))).toEqual([]);
  });

  test("every pattern comes back from its value, but NaN's payload", () => {
    const patterns = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const back = encodeBfloat16(decodeBfloat16(patterns));
    const isNaN16 = (bits: number): boolean => (bits & 0x7fff) > 0x7f80;
    expect([...patterns].filter((bits) => (isNaN16(bits) ? !isNaN16(back[bits]!) : back[bits] !== bits))).toEqual([]);
  });

  test.each([
    ["zero", 0, 0x0000],
    ["minus zero", -0, 0x8000],
    ["one", 1, 0x3f80],
    ["minus three", -3, 0xc040],
    ["a tie that stays at even", 1 + 2 ** -8, 0x3f80],
    ["a tie that goes up to even", 1 + 3 * 2 ** -8, 0x3f82],
    ["just above a tie", 1 + 2 ** -8 + 2 ** -23, 0x3f81],
    ["the largest", 3.3895313892515355e38, 0x7f7f],
    ["the largest float32, which overflows", 3.4028234663852886e38, 0x7f80],
    ["Infinity", Number.POSITIVE_INFINITY, 0x7f80],
    ["−Infinity", Number.NEGATIVE_INFINITY, 0xff80],
    ["NaN", Number.NaN, 0x7fc0],
    ["the smallest", 2 ** -133, 0x0001],
    ["half of it, a tie with zero", 2 ** -134, 0x0000],
  ])("%s", (_, value, bits) => {
    expect(encode(value)).toEqual([bits]);
  });

  test("NaN whose payload lies in the lower half stays NaN", () => {
    const bits = Uint32Array.of(0x7f800001, 0xff80ffff);
    expect([...decodeBfloat16(encodeBfloat16(new Float32Array(bits.buffer)))]).toEqual([Number.NaN, Number.NaN]);
  });

  test("what comes back is the nearest, and of two equally near the even one", () => {
    fc.assert(
      fc.property(fc.float({ min: -(2 ** 127), max: 2 ** 127, noNaN: true }), (value) => {
        const [bits] = encode(value) as [number];
        const distance = Math.abs(defined(bits) - value);
        for (const neighbour of [bits - 1, bits + 1]) {
          if ((neighbour & 0x7fff) > 0x7f7f || (neighbour & 0x8000) !== (bits & 0x8000)) continue;
          const other = Math.abs(defined(neighbour) - value);
          expect(distance).toBeLessThanOrEqual(other);
          if (distance === other) expect(bits % 2).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("a view into a larger array is read from its own start", () => {
    expect([...encodeBfloat16(Float32Array.of(9, 1, -3, 9).subarray(1, 3))]).toEqual([0x3f80, 0xc040]);
  });
});
