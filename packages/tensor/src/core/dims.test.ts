import { reference } from "@ashlar/backend";
import { expect, test } from "vitest";
import { TensorError, zeros } from "../index.ts";

const x = zeros([2, 3, 8], { device: reference() });

test("sizes by name", () => {
  expect(x.dims("batch time dim")).toEqual({ batch: 2, time: 3, dim: 8 });
  expect(x.dims("batch time dim", { dim: 8, batch: 2 })).toEqual({ batch: 2, time: 3, dim: 8 });
  expect(zeros([4, 4], { device: reference() }).dims("size size")).toEqual({ size: 4 });
});

test("what does not fit is named", () => {
  const wide: number[] = [2, 3, 8];
  const unknown = zeros(wide, { device: reference() });
  expect(() => x.dims("batch time dim", { dim: 16 })).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: dims: expected dim to be 16, got 8 in [batch, time, dim] = [2, 3, 8]]`,
  );
  expect(() => unknown.dims("batch time")).toThrowErrorMatchingInlineSnapshot(`[TensorError: dims: expected 2 axes [batch, time], got 3: [2, 3, 8]]`);
  expect(() => x.dims("batch size size")).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: dims: expected size to be 3, got 8 in [batch, size, size] = [2, 3, 8]]`,
  );
  // @ts-expect-error: no such axis
  expect(() => x.dims("batch time dim", { width: 8 })).toThrowErrorMatchingInlineSnapshot(`[TensorError: dims: width is none of the axes [batch, time, dim]]`);
  expect(() => unknown.ranked(2)).toThrowErrorMatchingInlineSnapshot(`[TensorError: ranked: expected 2 axes, got 3 ([2, 3, 8])]`);
  expect(unknown.ranked(3)).toBe(unknown);
});

test("errors are known across copies of the package", () => {
  const foreign = Object.assign(new Error("from elsewhere"), { brand: Symbol.for("@ashlar/TensorError") });
  expect(TensorError.is(new TensorError("here"))).toBe(true);
  expect(TensorError.is(foreign)).toBe(true);
  expect(TensorError.is(new Error("another"))).toBe(false);
  expect(TensorError.is({ brand: Symbol.for("@ashlar/TensorError") })).toBe(false);
});
