import { expect, test } from "vitest";
import { toClose } from "./close.ts";

const tolerance = { rtol: 0.1, atol: 0.01 };
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

test("what is within the tolerance passes, NaN and infinities as themselves", () => {
  toClose([1, 109.9, nan, infinity, -infinity, -0], [1.01, 100, nan, infinity, -infinity, 0], tolerance, "numbers");
  toClose([nan, 2], { shape: [2], dtype: "float32", data: ["NaN", 2] }, tolerance, "golden");
});

test.each([
  [[1], [1.2]],
  [[nan], [1]],
  [[1], [nan]],
  [[infinity], [1]],
  [[1], [infinity]],
  [[infinity], [-infinity]],
  [[1, 2], [1]],
])("%j is not close to %j", (actual, expected) => {
  expect(() => toClose(actual, expected, tolerance, "it")).toThrow(/^it: /);
});

test("the message names the worst element", () => {
  expect(() => toClose([0, 5, 9], [0, 4, 4], { rtol: 0, atol: 0 }, "sum")).toThrow(
    "sum: 2 of 3 elements are off; the worst at 2: expected 4, got 9 (rtol 0, atol 0)",
  );
});
