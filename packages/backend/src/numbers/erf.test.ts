import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { erf } from "./erf.ts";

// From the C library's erf, which is correct to a unit in the last place.
const known = [
  [0, 0],
  [0.02, 0.022564574691844943],
  [0.1, 0.1124629160182849],
  [0.25, 0.2763263901682369],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [2.5, 0.999593047982555],
  [2.999, 0.9999777698314002],
  [3, 0.9999779095030014],
  [3.5, 0.9999992569016276],
  [4, 0.9999999845827421],
  [5, 0.9999999999984626],
  [6, 1],
] as const;

describe("erf", () => {
  // The series adds up to 40 positive terms in float64; each addition may be off by 2⁻⁵³ of the sum, in either direction.
  test.each(known)("erf(%f) = %f to 1e-15 of itself", (x, value) => {
    expect(Math.abs(erf(x) - value)).toBeLessThanOrEqual(1e-15 * value);
  });

  test("it is odd, also at zero", () => {
    expect(Object.is(erf(-0), -0)).toBe(true);
    fc.assert(fc.property(fc.double({ noNaN: true }), (x) => Object.is(erf(-x), -erf(x))));
  });

  test("near zero it is 2x/√π", () => {
    for (const x of [1e-10, 1e-100, 1e-300]) expect(erf(x) / ((2 / Math.sqrt(Math.PI)) * x)).toBeCloseTo(1, 14);
  });

  test("infinities give one, NaN itself", () => {
    expect([erf(Number.POSITIVE_INFINITY), erf(Number.NEGATIVE_INFINITY), erf(Number.NaN)]).toEqual([1, -1, Number.NaN]);
  });

  test("it never falls, also where the series hands over to the fraction", () => {
    const rounding = 1e-15;
    let before = -1;
    for (let x = -6.5; x <= 6.5; x += 1 / 512) {
      expect(erf(x)).toBeGreaterThanOrEqual(before - rounding);
      before = erf(x);
    }
  });
});
