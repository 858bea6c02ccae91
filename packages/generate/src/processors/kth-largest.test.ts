import fc from "fast-check";
import { expect, test } from "vitest";
import { kthLargest } from "./kth-largest.ts";

test("the k-th largest is that of the sorted numbers, with equal ones and infinities", () => {
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), fc.nat(59), (values, place) => {
      const k = (place % values.length) + 1;
      const given = Float32Array.from(values);
      expect(kthLargest(given, k)).toBe(Float32Array.from(values).sort()[values.length - k]);
      expect(given).toEqual(Float32Array.from(values));
    }),
  );
});
