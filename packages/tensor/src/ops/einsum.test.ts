import { reference } from "@ashlar/backend";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { einsum, fromData, matmul, type Tensor } from "../index.ts";
import { counting, countingTensor, elementsOf, indices } from "../testing/naive.ts";

const device = reference();
const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 4 };
const letters = fc.constantFrom(...Object.keys(sizes));
const shapeOf = (labels: readonly string[]): number[] => labels.map((label) => sizes[label]!);
// sums of up to 24 · 4 products of float32 numbers below 48³
const tolerance = { rtol: 1e-5, atol: 0 };

/** Operands with any letters, also twice, and a result with some of them. */
const equations = fc
  .array(fc.array(letters, { maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .chain((operands) => fc.tuple(fc.constant(operands), fc.shuffledSubarray([...new Set(operands.flat())])));

test("any equation is the sum over the indices that the result lacks", async () => {
  await fc.assert(
    fc.asyncProperty(equations, async ([operands, result]) => {
      const all = [...new Set(operands.flat())];
      const arrays = operands.map((labels) => counting(shapeOf(labels)));
      const out = counting(shapeOf(result));
      const expected = new Array<number>(elementsOf(out).length).fill(0);
      for (const index of indices(shapeOf(all))) {
        const of = (labels: readonly string[]): number[] => labels.map((label) => index[all.indexOf(label)]!);
        expected[out.at(of(result))]! += arrays.reduce((product, { at }, which) => product * at(of(operands[which]!)), 1);
      }
      const equation = `${operands.map((labels) => labels.join("")).join(",")}->${result.join("")}`;
      const actual = einsum(equation, ...operands.map((labels) => countingTensor(shapeOf(labels), device)));
      expect(actual.shape).toEqual(shapeOf(result));
      toClose(await actual.data(), expected, tolerance, equation);
    }),
    { numRuns: 200 },
  );
});

test("axes under ... broadcast", async () => {
  const [x, y] = [countingTensor([3, 1, 2, 4], device), countingTensor([2, 4, 1], device)];
  const actual = einsum("...ij,...jk->...ik", x, y);
  expect(actual.shape).toEqual([3, 2, 2, 1]);
  expect([...(await actual.data())]).toEqual([...(await matmul(x, y).data())]);
});

test("a product is the sum over its inner axis, for any batches that broadcast, vectors and nothing", async () => {
  const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean()), { maxLength: 2 });
  const small = fc.nat(3);
  await fc.assert(
    fc.asyncProperty(batches, small, small, small, fc.boolean(), async (batch, m, k, n, alone) => {
      const left = [...batch.map(([size, one]) => (one ? 1 : size)), m, k];
      const right = [...(alone ? [] : batch.map(([size, , one]) => (one ? 1 : size))), k, n];
      const [a, b] = [counting(left), counting(right)];
      const shape = [...batch.map(([size, one, other]) => (one && (alone || other) ? 1 : size)), m, n];
      const at = (index: readonly number[], own: readonly number[]): number[] =>
        own.map((size, axis) => (size === 1 && axis < own.length - 2 ? 0 : index[axis + index.length - own.length]!));
      const expected = indices(shape).map((index) => {
        let total = 0;
        for (let i = 0; i < k; i++) total += a.at(at(index.with(-1, i), left)) * b.at(at(index.with(-2, i), right));
        return total;
      });
      const product = matmul(countingTensor(left, device), countingTensor(right, device));
      expect(product.shape).toEqual(shape);
      expect([...(await product.data())]).toEqual(expected);
    }),
    { numRuns: 200 },
  );
  const vector = (data: number[]): Tensor => fromData(Float32Array.from(data), [data.length], { device });
  expect(await matmul(vector([1, 2, 3]), vector([4, 5, 6])).item()).toBe(32);
});
