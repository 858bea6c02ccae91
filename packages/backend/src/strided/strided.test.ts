import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coalesce, contiguousStrides, dense, elementCount, isContiguous, positions } from "../index.ts";

const view = fc.array(fc.record({ size: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: -9, max: 9 }) }), { maxLength: 5 }).map((axes) => {
  const shape = axes.map(({ size }) => size);
  const strides = axes.map(({ stride }) => stride);
  // the offset at which the lowest element is the buffer's first
  const offset = axes.reduce((sum, { size, stride }) => sum + Math.max(0, -(size - 1) * stride), 0);
  return { shape, strides, offset };
});

/** Where `[i, j, …]` lies, by its definition. */
function place({ shape, strides, offset }: { shape: readonly number[]; strides: readonly number[]; offset: number }, n: number): number {
  return contiguousStrides(shape).reduce((at, step, axis) => at + (Math.floor(n / step) % shape[axis]!) * strides[axis]!, offset);
}

describe("strided views", () => {
  test("positions count through offset + Σ index · stride in row-major order", () => {
    fc.assert(
      fc.property(view, (given) => {
        const found = positions(given);
        expect([...found]).toEqual(Array.from({ length: elementCount(given.shape) }, (_, n) => place(given, n)));
      }),
    );
  });

  test("dense gives the elements at those positions, and copies only where it must", () => {
    fc.assert(
      fc.property(view, (given) => {
        const at = positions(given);
        const data = Float32Array.from({ length: 1 + Math.max(0, ...at) }, (_, i) => i);
        const values = dense(data, given);
        expect([...values]).toEqual([...at]);
        if (isContiguous(given) && at.length > 0) expect(values.buffer).toBe(data.buffer);
      }),
    );
  });

  test("coalescing keeps the walk: the same positions for every operand, over no more axes, none of size 1", () => {
    const pair = fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), a: fc.integer({ min: -4, max: 9 }), b: fc.constantFrom(0, 1, 4) }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(pair, (axes) => {
        const shape = axes.map(({ size }) => size);
        const strides = [axes.map(({ a }) => a), axes.map(({ b }) => b)];
        const joined = coalesce({ shape, strides });
        for (const [operand, steps] of strides.entries()) {
          const [before, after] = [
            { shape, strides: steps },
            { shape: joined.shape, strides: joined.strides[operand]! },
          ];
          expect(positions({ ...after, offset: 0 })).toEqual(positions({ ...before, offset: 0 }));
        }
        expect(joined.shape.length).toBeLessThanOrEqual(shape.length);
        expect(joined.shape).not.toContain(1);
      }),
    );
  });

  test("contiguous arrays of any shape are one axis, a single element is none", () => {
    const shape = [2, 1, 3, 4];
    expect(coalesce({ shape, strides: [contiguousStrides(shape), contiguousStrides(shape)] })).toEqual({ shape: [24], strides: [[1], [1]] });
    expect(coalesce({ shape: [1, 1], strides: [[5, 7]] })).toEqual({ shape: [], strides: [[]] });
    const repeatedRow = coalesce({ shape: [2, 3, 4], strides: [contiguousStrides([2, 3, 4]), [0, 0, 1]] });
    expect(repeatedRow).toEqual({
      shape: [6, 4],
      strides: [
        [4, 1],
        [0, 1],
      ],
    });
  });

  test("axes of size 1 may have any stride in a contiguous array, and nothing is always contiguous", () => {
    expect(isContiguous({ shape: [2, 1, 3], strides: [3, 99, 1] })).toBe(true);
    expect(isContiguous({ shape: [2, 0], strides: [7, 7] })).toBe(true);
    expect(isContiguous({ shape: [2, 3], strides: [1, 2] })).toBe(false);
  });
});
