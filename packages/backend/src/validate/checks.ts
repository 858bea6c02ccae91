import type { KernelCall } from "../contract/device.ts";
import type { DType } from "../contract/dtype.ts";
import { bytesPerElement } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { Operand } from "../contract/operand.ts";
import { elementCount, isContiguous } from "../contract/operand.ts";

/** Ends a check with an error that begins with the kernel's name. */
export function fail(call: { readonly kernel: string }, message: string): never {
  throw new DeviceError(`${call.kernel}: ${message}`);
}

/** A shape as errors print it: `[2, 3]`. */
export function show(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Whether two shapes are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Fails unless a call has these many operands, scalars and outputs. */
export function expectCounts(call: KernelCall, operands: number, scalars: number, outputs: number): void {
  const count = (what: string, expected: number, came: number): void => {
    if (expected !== came) fail(call, `expected ${expected} ${what}${expected === 1 ? "" : "s"}, got ${came}`);
  };
  count("operand", operands, call.operands.length);
  count("scalar", scalars, call.scalars.length);
  count("output", outputs, call.outputs.length);
}

/** Fails unless an operand, which has a name or "", has this shape (if one is given) and one of these types; returns the operand. */
export function expectOperand(call: KernelCall, index: number, name: string, shape: readonly number[] | undefined, ...types: DType[]): Operand {
  const operand = call.operands[index]!;
  const where = name === "" ? `operand ${index}` : `${name} (operand ${index})`;
  if (shape && !sameShape(operand.shape, shape)) fail(call, `${where} must be ${show(shape)}, got ${show(operand.shape)}`);
  if (!types.includes(operand.dtype)) fail(call, `${where} must be ${types.join(" or ")}, got ${operand.dtype}`);
  return operand;
}

/** Fails unless a named output has this shape and type. */
export function expectOutput(call: KernelCall, index: number, name: string, shape: readonly number[], type: DType): void {
  const output = call.outputs[index]!;
  if (!sameShape(output.shape, shape)) fail(call, `${name} (output ${index}) must be ${show(shape)}, got ${show(output.shape)}`);
  if (output.dtype !== type) fail(call, `${name} (output ${index}) must be ${type}, got ${output.dtype}`);
}

/** Fails unless an axis exists in a shape. */
export function expectAxis(call: KernelCall, axis: number, shape: readonly number[]): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= shape.length) fail(call, `axis ${axis} is not an axis of ${show(shape)}; count from 0`);
}

/** Fails unless every size is a non-negative integer. */
export function expectSizes(call: { readonly kernel: string }, name: string, shape: readonly number[]): void {
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) fail(call, `${name} has the shape ${show(shape)}; sizes are integers from 0`);
}

/** Fails unless an operand's shape, strides and offset stay inside its buffer. */
export function expectInside(call: { readonly kernel: string }, operand: Operand, index: number): void {
  const { shape, strides, offset, buffer, dtype } = operand;
  expectSizes(call, `operand ${index}`, shape);
  if (strides.length !== shape.length) fail(call, `operand ${index} has ${shape.length} axes but ${strides.length} strides`);
  let lowest = offset;
  let highest = offset;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 0) return;
    const reach = (shape[axis]! - 1) * strides[axis]!;
    if (reach < 0) lowest += reach;
    else highest += reach;
  }
  const held = buffer.bytes / bytesPerElement(dtype);
  if (!(lowest >= 0 && highest < held)) {
    fail(call, `operand ${index} reaches from element ${lowest} to ${highest}, its buffer holds ${held} of ${dtype}; check shape, strides and offset`);
  }
}

/** Fails unless every donated operand is contiguous, covers its whole buffer and shares it with no other operand. */
export function expectDonations(call: KernelCall): void {
  const donated = call.donated ?? [];
  for (const [at, index] of donated.entries()) {
    if (donated.indexOf(index) !== at) fail(call, `operand ${index} is donated twice`);
    const operand = call.operands[index];
    if (!operand) fail(call, `operand ${index} is donated, but there are ${call.operands.length} operands`);
    const whole = operand.offset === 0 && elementCount(operand.shape) * bytesPerElement(operand.dtype) === operand.buffer.bytes;
    if (!whole || !isContiguous(operand)) fail(call, `donated operand ${index} must be contiguous and cover its whole buffer; donate a copy`);
    for (const [other, { buffer }] of call.operands.entries()) {
      if (other !== index && buffer === operand.buffer) fail(call, `donated operand ${index} is also operand ${other}; a donated buffer is read once`);
    }
  }
}
