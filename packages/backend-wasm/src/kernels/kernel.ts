import type { Buffer, Kernel, KernelCall, KernelName, Operand } from "@ashlar/backend";
import { contiguousStrides, elementCount, isContiguous, takeovers, validateCall } from "@ashlar/backend";
import type { WasmBuffer } from "../memory/heap.ts";
import type { Machine } from "./machine.ts";

/** What a kernel's host side does: reads operands at `inputs` (as strided as they come) and writes `outputs`, all addresses in bytes. */
export type Body<Name extends KernelName> = (machine: Machine, call: KernelCall<Name>, inputs: readonly number[], outputs: readonly number[]) => void;

/** How a body treats its operands. */
export interface BodyOptions {
  /** It reads element i only to write element i, so a donated operand's own memory may be its output. */
  readonly inPlace?: boolean;
  /** Which operands it wants in row-major order: those that lie otherwise are copied before. */
  readonly dense?: (operand: Operand) => boolean;
}

/** A body as a kernel of the device: checks the call, makes the outputs, runs, and takes in what was donated. */
export function kernel<Name extends KernelName>(machine: Machine, body: Body<Name>, { inPlace = false, dense }: BodyOptions = {}): Kernel<Name> {
  return (call) => {
    const { heap } = machine;
    const where = call.kernel;
    const inputs: number[] = [];
    for (const operand of call.operands) inputs.push(heap.locate(operand, where));
    validateCall(call, machine.programTypes);
    const takers = inPlace && call.donated ? takeovers(call) : undefined;
    const fresh: (WasmBuffer | undefined)[] = [];
    try {
      for (let index = 0; index < call.outputs.length; index++)
        fresh.push(takers?.[index] === undefined ? heap.output(call.outputs[index]!, where) : undefined);
      const outputs: number[] = [];
      for (let index = 0; index < fresh.length; index++) outputs.push(fresh[index] ? heap.addressOf(fresh[index]!, where) : inputs[takers![index]!]!);
      const run = (given: typeof call): void => {
        if (dense) withDense(machine, given, inputs, dense, (laidOut, addresses) => body(machine, laidOut, addresses, outputs));
        else body(machine, given, inputs, outputs);
      };
      if (call.advance) machine.moves(call, run);
      else run(call);
    } catch (error) {
      for (const buffer of fresh) if (buffer) heap.free(buffer, where);
      throw error;
    }
    if (!call.donated) {
      machine.recording?.called(call as KernelCall, fresh as WasmBuffer[]);
      return fresh as WasmBuffer[];
    }
    const buffers: Buffer[] = fresh.map((buffer, index) => buffer ?? heap.adopt(call.operands[takers![index]!]!.buffer, call.outputs[index]!.dtype, where));
    for (const operand of call.donated) if (!takers?.includes(operand)) heap.free(call.operands[operand]!.buffer, where);
    machine.recording?.called(call as KernelCall, buffers, takers);
    return buffers;
  };
}

// Gives `use` the call with those operands copied that aren't, and should be, in row-major order; the copies are gone afterwards.
function withDense<Name extends KernelName>(
  machine: Machine,
  call: KernelCall<Name>,
  inputs: readonly number[],
  wanted: (operand: Operand) => boolean,
  use: (call: KernelCall<Name>, inputs: readonly number[]) => void,
  from = 0,
): void {
  const index = call.operands.findIndex((operand, place) => place >= from && !isContiguous(operand) && wanted(operand));
  if (index < 0) use(call, inputs);
  else {
    const operand = call.operands[index]!;
    machine.dense(operand, inputs[index]!, call.kernel, (address) => {
      const copied = { ...operand, strides: contiguousStrides(operand.shape) };
      withDense(machine, { ...call, operands: call.operands.with(index, copied) }, inputs.with(index, address), wanted, use, index + 1);
    });
  }
}

/** Every operand: for bodies that know row-major order only. */
export function everyOperand(): boolean {
  return true;
}

/** An operand whose neighbours lie far apart while others lie together: a large transpose, which is read several times faster once it is copied. */
export function isScattered({ shape, strides }: Operand): boolean {
  const last = shape.findLastIndex((size) => size > 1);
  const step = strides[last];
  return step !== 0 && step !== 1 && strides.some((stride, axis) => stride === 1 && shape[axis]! >= 4) && elementCount(shape) >= 4096;
}
