import type { KernelCall } from "../contract/device.ts";
import { bytesPerElement } from "../contract/dtype.ts";
import type { KernelName, KernelSettings } from "../contract/kernels.ts";
import type { Operand } from "../contract/operand.ts";
import { elementCount } from "../contract/operand.ts";
import type { Program } from "../contract/program.ts";

/** What a call has to do at least, whatever the device. */
export interface Work {
  /** Additions, products, functions and comparisons, one each; a product of matrices has two for every pair of numbers it multiplies. */
  readonly operations: number;
  /** The bytes of the elements that it reads (a repeated one counts once) and writes. */
  readonly bytes: number;
}

/**
 * What a call has to do, counted from its shapes. Attention counts every query with every key: a mask lets a device do less.
 * A kernel that isn't the contract's own counts its bytes and no operations.
 */
export function workOf(call: KernelCall): Work {
  const bytes = [...call.operands.map(bytesRead), ...call.outputs.map(({ shape, dtype }) => elementCount(shape) * bytesPerElement(dtype))];
  return { operations: operationsOf(call), bytes: bytes.reduce((sum, each) => sum + each, 0) };
}

function bytesRead({ shape, strides, dtype }: Operand): number {
  return shape.reduce((count, size, axis) => (strides[axis] === 0 ? count * Math.min(size, 1) : count * size), bytesPerElement(dtype));
}

/** How many operations a number takes in kernels that go over their first operand or their first output, the larger. */
const perNumber: { readonly [Name in KernelName]?: number } = {
  copy: 0,
  gather: 0,
  scatterAdd: 1,
  softmax: 4, // the largest, a difference, an exponential, a quotient
  layerNorm: 7,
  layerNormGradient: 12,
  rmsNorm: 4,
  rmsNormGradient: 9,
  crossEntropy: 3,
  crossEntropyGradient: 4,
  rotary: 3,
  adamW: 14,
  random: 20,
  cumulativeSum: 1,
  topK: 1,
};

function operationsOf(call: KernelCall): number {
  const [first, second, third] = call.operands;
  const numbers = elementCount((first ?? call.outputs[0])?.shape ?? [0]);
  const { settings } = call as { readonly settings: Partial<KernelSettings["reduce"] & KernelSettings["matmul"]> };
  const written = elementCount(call.outputs[0]?.shape ?? [0]);
  if (call.kernel === "map") return written * steps(settings.program);
  if (call.kernel === "reduce") return numbers * (1 + steps(settings.program));
  if (call.kernel === "matmul" || call.kernel === "quantizedMatmul") return written * (2 * (first?.shape.at(-1) ?? 0) + steps(settings.epilogue));
  if (call.kernel === "attention") return attentionPairs(first, second) * 2 * (size(first) + size(third));
  if (call.kernel === "attentionGradient") {
    // the cotangent and the context come before query, key and value; five products instead of two
    const [, , , query, key, value] = call.operands;
    return attentionPairs(query, key) * 2 * (3 * size(query) + 2 * size(value));
  }
  return Math.max(numbers, written) * (perNumber[call.kernel] ?? 0);
}

function steps(program: Program | undefined): number {
  return program?.instructions.filter(([name]) => name !== "literal" && name !== "integer").length ?? 0;
}

/** Pairs of a query and a key, in every head of every row. */
function attentionPairs(query: Operand | undefined, key: Operand | undefined): number {
  const [batch = 0, queries = 0, heads = 0] = query?.shape ?? [];
  return batch * queries * heads * (key?.shape[1] ?? 0);
}

function size(operand: Operand | undefined): number {
  return operand?.shape.at(-1) ?? 0;
}
