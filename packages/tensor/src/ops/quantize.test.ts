import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { valueAndGrad } from "../core/grad.ts";
import { random } from "../core/random.ts";
import { affine } from "./affine.ts";
import { fromData, tensor } from "./create.ts";
import { take } from "./gather.ts";
import { dequantize, quantize } from "./quantize.ts";
import { normal } from "./random.ts";
import { sum } from "./reduce.ts";

const device = reference();
const composed = reference({ fused: false });

async function list(x: { data(): Promise<ArrayLike<number>> }): Promise<number[]> {
  return Array.from(await x.data());
}

test.each([8, 4] as const)("%i bits: no number is off by more than half its group's scale, which the group's largest bounds", async (bits) => {
  const groups = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 64, maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(groups, fc.constantFrom(32, 64), async (values, group) => {
      const weight = quantize(fromData(Float32Array.from(values), [1, 64], { device }), { bits, group });
      const [kept, scales] = [await list(dequantize(weight)), await list(weight.scales)];
      for (let first = 0; first < 64; first += group) {
        const [scale, largest] = [Math.abs(scales[first / group]!), Math.max(...values.slice(first, first + group).map(Math.abs))];
        // float32 rounds the scale, the quotient and the product: three units in the last place of the largest number
        const rounding = largest * 2 ** -22 + 2 ** -126;
        expect(scale).toBeLessThanOrEqual(largest / (2 ** (bits - 1) - 1) + rounding);
        for (let index = first; index < first + group; index++) expect(Math.abs(kept[index]! - values[index]!)).toBeLessThanOrEqual(scale / 2 + rounding);
      }
    }),
    { numRuns: 40 },
  );
});

test.each([8, 4] as const)("%i bits: the packing is the bytes of MatMulNBits, and the side with the larger number has a code more", async (bits) => {
  const half = 2 ** (bits - 1);
  const codes = Array.from({ length: 32 }, (_, index) => (index * 5) % (2 * half)); // 0 is among them
  const words = (all: readonly number[]): number[] =>
    Array.from({ length: bits }, (_, word) => all.slice((word * 32) / bits, ((word + 1) * 32) / bits).reduceRight((sum, code) => (sum << bits) | code, 0));
  const row = (scale: number): number[] => codes.map((code) => scale * (code - half));
  const weight = quantize(tensor([row(0.5), row(-0.25)], { device }), { bits });
  expect(await list(weight.scales)).toEqual([0.5, -0.25]);
  const kept = bits === 8 ? (weight as { int8?: typeof weight.scales }).int8 : (weight as { int4?: typeof weight.scales }).int4;
  const signed = codes.concat(half); // 0 to 2^bits − 1 must all be among the codes for a scale to be found again
  expect(Math.min(...signed)).toBe(0);
  expect(await list(kept!)).toEqual([...words(codes), ...words(codes)]);
  expect(await list(dequantize(weight))).toEqual([...row(0.5), ...row(-0.25)]);
});

test("a group of zeros stays zeros; what is no number makes its group NaN and no other", async () => {
  const values = new Float32Array(96);
  values.set([Number.POSITIVE_INFINITY, 1], 32);
  values[64] = 7;
  const kept = await list(dequantize(quantize(fromData(values, [1, 96], { device }), { bits: 8 })));
  expect(kept.slice(0, 32)).toEqual(new Array(32).fill(0));
  expect(kept.slice(32, 64).every(Number.isNaN)).toBe(true);
  expect(kept.slice(64, 66).map(Math.abs)).toEqual([7, 0]);
});

test.each([8, 4] as const)("%i bits: every device gives what the float32 numbers that are kept give, with a kernel and without", async (bits) => {
  await using fast = await wasm({ threads: 1 });
  for (const on of [device, composed, fast] satisfies Device[]) {
    const numbers = random(1);
    const weight = quantize(normal(numbers.split("weight"), [10, 64], { device: on }), { bits });
    const bias = normal(numbers.split("bias"), [10], { device: on });
    for (const rows of [1, 3, 20]) {
      const x = normal(numbers.split("x"), [2, rows, 64], { device: on });
      for (const b of [bias, null]) {
        const [got, wanted] = [await list(affine(x, weight, b)), await list(affine(x, dequantize(weight), b))];
        // 64 products in another order: steps of 2⁻²⁴ of sums of about 8
        for (const [index, value] of got.entries()) expect(Math.abs(value - wanted[index]!)).toBeLessThan(64 * 2 ** -22);
      }
    }
    const ids = tensor([[3, 0, 3]], { device: on, dtype: "int32" });
    expect(await list(take(weight, ids))).toEqual(await list(take(dequantize(weight), ids)));
  }
});

test("x and the bias get their gradients; asking for the weight's says what to do", async () => {
  for (const on of [device, composed]) {
    const numbers = random(2);
    const weight = quantize(normal(numbers.split("weight"), [6, 32], { device: on }), { bits: 4 });
    const params = { x: normal(numbers.split("x"), [2, 32], { device: on }), bias: normal(numbers.split("bias"), [6], { device: on }) };
    const { gradients } = valueAndGrad(params, ({ x, bias }) => sum(affine(x, weight, bias)));
    const { gradients: wanted } = valueAndGrad(params, ({ x, bias }) => sum(affine(x, dequantize(weight), bias)));
    expect(await list(gradients.x)).toEqual(await list(wanted.x));
    expect(await list(gradients.bias)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(() => valueAndGrad({ weight }, (given) => sum(affine(params.x, given.weight, null)))).toThrowErrorMatchingInlineSnapshot(
      `[TensorError: affine: a quantized weight has no gradient; train the float32 weights and quantize them afterwards, or give valueAndGrad only what is trained]`,
    );
    const ids = tensor([1], { device: on, dtype: "int32" });
    expect(() => valueAndGrad({ weight }, (given) => sum(take(given.weight, ids)))).toThrow("a quantized weight has no gradient");
  }
});

test("what doesn't fit is said", () => {
  const weight = normal(random(3), [4, 64], { device });
  const kept = quantize(weight, { bits: 8 });
  const x = normal(random(4), [2, 32], { device });
  const messages = [
    () => quantize(weight, { bits: 8, group: 48 }),
    () => quantize(weight, { bits: 8, group: 128 }),
    () => quantize(weight, { bits: 5 as 4 }),
    () => quantize(x as never, { bits: 4, group: 64 }),
    () => quantize(tensor([1, 2], { device }), { bits: 4 }),
    () => affine(x, kept, null),
    () => affine(normal(random(4), [2, 64], { device }), kept, tensor([1], { device })),
    () => take(kept, tensor([1], { device, dtype: "int32" }), 1),
  ].map((run) => {
    try {
      return run();
    } catch (error) {
      return String(error);
    }
  });
  expect(messages).toMatchInlineSnapshot(`
    [
      "TensorError: quantize: expected a group of a multiple of 32, got 48",
      "TensorError: quantize: expected an input of whole groups of 128, got 64; leave this weight as it is",
      "TensorError: quantize: expected 8 or 4 bits, got 5",
      "TensorError: quantize: expected an input of whole groups of 64, got 32; leave this weight as it is",
      "TensorError: quantize: expected a weight [output, input], got Tensor float32 [2] on reference",
      "TensorError: affine: expected x […, 64] for weight [4, 64] in int8 by 32, got [2, 32]",
      "TensorError: affine: expected a bias [4] for weight [4, 64] in int8 by 32, got [1]",
      "TensorError: take: expected axis 0 for the table [4, 64] in int8 by 32, got 1; dequantize() it first",
    ]
  `);
});
