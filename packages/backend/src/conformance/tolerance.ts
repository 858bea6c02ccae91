import type { Tolerance } from "./case.ts";

/** The smallest normal float32, 2⁻¹²⁶: devices may flush what is below it to zero. */
export const SMALLEST: number = 2 ** -126;

/** The very bits. */
const bits: Tolerance = { absolute: 0, relative: 0, reason: "one IEEE 754 operation after another, each rounded to the nearest" };

/** No difference but a flushed subnormal. */
export const exact: Tolerance = {
  absolute: SMALLEST,
  relative: 0,
  reason: "one IEEE operation rounded once, or none; subnormals may be flushed to zero",
  stepwise: bits,
};

/** A correctly rounded result or its neighbours. */
export const twoUlps: Tolerance = {
  absolute: SMALLEST,
  relative: 2 ** -22,
  reason: "graphics interfaces allow 2.5 units in the last place in a quotient or a root",
  stepwise: bits,
};

/** `a · b + c` with |a · b| up to `size`, whose product a device may leave unrounded. The expected numbers round it. */
export function contracted(size: number): Tolerance {
  return {
    absolute: SMALLEST + size * 2 ** -24,
    relative: 2 ** -23,
    reason: "half a unit in the last place of the product, which contraction doesn't round; that may move the sum to a neighbour of what it rounds to",
    stepwise: bits,
  };
}

/** What a good polynomial in float32 reaches. */
export const transcendental: Tolerance = {
  absolute: 2e-7,
  relative: 2e-6,
  reason: "a polynomial in float32: some units in the last place, and about 2⁻²³ of the range near a zero of the function",
};

/** A sum of `terms` products, each at most `size`, in float32. */
export function summed(terms: number, size = 1): Tolerance {
  return {
    absolute: size * Math.max(4, Math.sqrt(terms)) * 2 ** -21,
    relative: 2e-6,
    reason: `float32 rounding of about √${terms} random steps, each up to 2⁻²⁴ of a partial sum, in any order`,
  };
}
