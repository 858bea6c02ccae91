import type { KernelCall } from "../contract/device.ts";
import type { ComputeType } from "../contract/dtype.ts";
import type { RequiredKernel } from "../contract/kernels.ts";
import { elementCount } from "../contract/operand.ts";
import { expectAxis, expectCounts, expectOperand, expectOutput, fail, sameShape, show } from "./checks.ts";
import type { programType } from "./programType.ts";

const compute = ["float32", "int32", "bool"] as const satisfies readonly ComputeType[];

/** What each required kernel demands of a call. */
export const required: { readonly [Name in RequiredKernel]: (call: KernelCall<Name>, typeOf: typeof programType) => void } = {
  map(call, typeOf) {
    const { program } = call.settings;
    expectCounts(call, program.operands, program.scalars, 1);
    const { shape } = call.outputs[0]!;
    for (let index = 0; index < call.operands.length; index++) expectOperand(call, index, "", shape, ...compute);
    expectOutput(call, 0, "the result", shape, typeOf(program, call.operands.map(dtypeOf), "map"));
  },

  reduce(call, typeOf) {
    const { kind, axes, program } = call.settings;
    expectCounts(call, program?.operands ?? 1, program?.scalars ?? 0, 1);
    const shape = call.operands[0]?.shape ?? fail(call, "expected at least one operand, got 0");
    for (let index = 0; index < call.operands.length; index++) expectOperand(call, index, "", shape, ...compute);
    for (const [index, axis] of axes.entries()) {
      expectAxis(call, axis, shape);
      if (axes.indexOf(axis) !== index) fail(call, `axis ${axis} is named twice`);
    }
    const kept = shape.filter((_, axis) => !axes.includes(axis));
    const type = program ? typeOf(program, call.operands.map(dtypeOf), "reduce") : (call.operands[0]!.dtype as ComputeType);
    const isArg = kind === "argmax" || kind === "argmin";
    expectOutput(call, 0, "the result", kept, isArg || type === "bool" ? "int32" : type);
    if (isArg && elementCount(axes.map((axis) => shape[axis]!)) === 0 && elementCount(kept) > 0) {
      fail(call, `${kind} of nothing (axes ${show(axes)} of ${show(shape)}) has no answer; give those axes at least one element`);
    }
  },

  matmul(call, typeOf) {
    const { epilogue } = call.settings;
    expectCounts(call, epilogue ? epilogue.operands + 1 : 2, epilogue?.scalars ?? 0, 1);
    const { shape: a } = expectOperand(call, 0, "the left side", undefined, "float32");
    const { shape: b } = expectOperand(call, 1, "the right side", undefined, "float32", "float16", "bfloat16");
    const batch = a.slice(0, -2);
    if (a.length < 2 || b.length < 2 || !sameShape(batch, b.slice(0, -2))) {
      fail(call, `expected […batch, m, k] and […batch, k, n] with one batch, got ${show(a)} and ${show(b)}; repeat an axis with stride 0`);
    }
    if (a.at(-1) !== b.at(-2)) fail(call, `the inner sizes must be equal, got ${a.at(-1)} in ${show(a)} and ${b.at(-2)} in ${show(b)}`);
    const shape = [...batch, a.at(-2)!, b.at(-1)!];
    for (let index = 2; index < call.operands.length; index++) expectOperand(call, index, "an epilogue's array", shape, ...compute);
    const types = ["float32" as const, ...call.operands.slice(2).map(dtypeOf)];
    expectOutput(call, 0, "the product", shape, epilogue ? typeOf(epilogue, types, "matmul epilogue") : "float32");
  },

  gather(call) {
    const { axis } = call.settings;
    expectCounts(call, 2, 0, 1);
    const x = expectOperand(call, 0, "x", undefined, ...compute, "float16", "bfloat16");
    const indices = expectOperand(call, 1, "the indices", undefined, "int32");
    expectAxis(call, axis, x.shape);
    expectSameBut(call, axis, x.shape, indices.shape);
    expectOutput(call, 0, "the result", indices.shape, x.dtype === "int32" || x.dtype === "bool" ? x.dtype : "float32");
  },

  scatterAdd(call) {
    const { axis, size } = call.settings;
    expectCounts(call, call.operands.length === 3 ? 3 : 2, 0, 1);
    const source = expectOperand(call, 0, "the source", undefined, "float32", "int32");
    expectOperand(call, 1, "the indices", source.shape, "int32");
    expectAxis(call, axis, source.shape);
    if (!Number.isSafeInteger(size) || size < 0) fail(call, `size must be an integer from 0, got ${size}`);
    const shape = source.shape.with(axis, size);
    if (call.operands.length === 3) expectOperand(call, 2, "what it adds to", shape, source.dtype);
    expectOutput(call, 0, "the result", shape, source.dtype);
  },

  copy(call) {
    const { offsets } = call.settings;
    expectCounts(call, offsets.length, 0, 1);
    const { shape, dtype } = call.outputs[0]!;
    const converts = dtype !== "int32" && dtype !== "bool";
    for (const [index, { shape: region }] of call.operands.entries()) {
      expectOperand(call, index, "", undefined, ...(converts ? (["float32", "float16", "bfloat16"] as const) : [dtype]));
      const offset = offsets[index]!;
      const fits =
        region.length === shape.length && offset.length === shape.length && offset.every((at, axis) => at >= 0 && at + region[axis]! <= shape[axis]!);
      if (!fits) fail(call, `operand ${index}, ${show(region)} at ${show(offset)}, does not lie inside the output ${show(shape)}`);
      for (let other = 0; other < index; other++) {
        const { shape: box } = call.operands[other]!;
        const overlaps = box.every((size, axis) => {
          const from = Math.max(offset[axis]!, offsets[other]![axis]!);
          return from < Math.min(offset[axis]! + region[axis]!, offsets[other]![axis]! + size);
        });
        if (overlaps) fail(call, `the regions of operands ${other} and ${index} overlap`);
      }
    }
  },
};

function dtypeOf<T>({ dtype }: { readonly dtype: T }): T {
  return dtype;
}

function expectSameBut(call: KernelCall, axis: number, x: readonly number[], indices: readonly number[]): void {
  if (x.length === indices.length && x.every((size, other) => other === axis || size === indices[other])) return;
  fail(call, `the indices ${show(indices)} must have the shape of x ${show(x)} but for axis ${axis}`);
}
