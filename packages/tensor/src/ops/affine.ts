import { elementCount, type Program } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { op } from "../core/op.ts";
import type { Tensor } from "../core/tensor.ts";
import { repeated } from "./broadcast.ts";
import { expectFloat32, expectFloats } from "./check.ts";
import { add } from "./instructions.ts";
import { matmul } from "./matmul.ts";
import { asQuantized, dequantize, isQuantized, type Quantized, type QuantizedBits, quantizedParts, showQuantized, untrainable } from "./quantize.ts";
import { sum } from "./reduce.ts";
import { reshape, transpose } from "./views.ts";

const plusBias: Program = { operands: 2, scalars: 0, instructions: [["add", 0, 1]] };

const rowsAffine = op<[rows: Tensor, weight: Tensor, bias: Tensor], object, "matmul">("affine", {
  compose: ([rows, weight, bias]) => [add(matmul(rows, transpose(weight)), bias)],
  kernel: {
    name: "matmul",
    call: ([rows, weight, bias]) => {
      const shape = [rows.shape[0] as number, weight.shape[0] as number];
      return { settings: { epilogue: plusBias }, operands: [rows, transpose(weight), repeated(bias, shape)], outputs: [{ shape, dtype: "float32" }] };
    },
  },
  vjp: ({ cotangents: [g], inputs: [rows, weight], wanted }) => [
    g && wanted[0] ? matmul(g, weight) : null,
    g && wanted[1] ? matmul(transpose(g), rows) : null,
    g && wanted[2] ? sum(g, 0) : null,
  ],
  outputsUnread: true,
});

const quantizedAffine = op<[rows: Tensor, codes: Tensor, scales: Tensor, bias: Tensor | null], { readonly bits: QuantizedBits }, "quantizedMatmul">("affine", {
  compose: ([rows, codes, scales, bias], { bits }) => {
    const product = matmul(rows, transpose(dequantize(asQuantized(bits, codes, scales))));
    return [bias ? add(product, bias) : product];
  },
  kernel: {
    name: "quantizedMatmul",
    call: ([rows, codes, scales, bias], { bits }) => {
      const shape = [rows.shape[0] as number, codes.shape[0] as number];
      const more = bias ? [repeated(bias, shape)] : [];
      const settings = bias ? { bits, epilogue: plusBias } : { bits };
      return { settings, operands: [rows, codes, scales, ...more], outputs: [{ shape, dtype: "float32" }] };
    },
  },
  vjp: ({ cotangents: [g], inputs: [, codes, scales], settings: { bits }, wanted }) => {
    if (wanted[2]) throw untrainable("affine");
    return [g && wanted[0] ? matmul(g, dequantize(asQuantized(bits, codes, scales))) : null, null, null, g && wanted[3] ? sum(g, 0) : null];
  },
  outputsUnread: true,
});

/**
 * `x · weightᵀ + bias`: x `[…, input]`, weight `[output, input]` as PyTorch keeps it, bias `[output]` or null; one pass with the bias in the
 * product's epilogue. The weight may be kept in float16 or bfloat16 (`cast(weight, "bfloat16")`): decoding then reads half the bytes, x and the bias
 * get their gradients, the weight gets none. A weight in 8 or 4 bits (`quantize`) is read as it lies too, and asking for its gradient is an error.
 *
 * @throws TensorError when x's last axis or the bias does not fit the weight.
 */
export function affine(x: Tensor, weight: Tensor | Quantized, bias: Tensor | null): Tensor {
  if (isQuantized(weight)) return affineOf(x, weight, bias);
  const [output, input] = weight.shape;
  if (weight.rank !== 2) throw new TensorError(`affine: expected a weight [output, input], got [${weight.shape.join(", ")}]`);
  if (x.shape.at(-1) !== input) throw new TensorError(`affine: expected x […, ${input}] for weight [${weight.shape.join(", ")}], got [${x.shape.join(", ")}]`);
  if (bias && (bias.rank !== 1 || bias.shape[0] !== output))
    throw new TensorError(`affine: expected a bias [${output}] for weight [${weight.shape.join(", ")}], got [${bias.shape.join(", ")}]`);
  expectFloat32("affine", x);
  expectFloats("affine", weight);
  if (!bias) return matmul(x, transpose(weight));
  const rows = reshape(x, [elementCount(x.shape.slice(0, -1)), input as number]);
  return reshape(rowsAffine([rows, weight, bias], {})[0] as Tensor, [...x.shape.slice(0, -1), output as number]);
}

function affineOf(x: Tensor, weight: Quantized, bias: Tensor | null): Tensor {
  const { bits, codes, scales, output, input } = quantizedParts(weight);
  if (x.shape.at(-1) !== input) throw new TensorError(`affine: expected x […, ${input}] for weight ${showQuantized(weight)}, got [${x.shape.join(", ")}]`);
  if (bias && (bias.rank !== 1 || bias.shape[0] !== output))
    throw new TensorError(`affine: expected a bias [${output}] for weight ${showQuantized(weight)}, got [${bias.shape.join(", ")}]`);
  expectFloat32("affine", x);
  const rows = reshape(x, [elementCount(x.shape.slice(0, -1)), input]);
  return reshape(quantizedAffine([rows, codes, scales, bias], { bits })[0] as Tensor, [...x.shape.slice(0, -1), output]);
}
