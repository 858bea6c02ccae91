import type { KernelCall } from "../contract/device.ts";
import type { KernelName } from "../contract/kernels.ts";
import { expectDonations, expectInside, expectSizes } from "./checks.ts";
import { fused } from "./fused.ts";
import { programType } from "./programType.ts";
import { required } from "./required.ts";

/** The type of a program's result over operands of these types, as `programType` gives it. */
export type ProgramTypes = typeof programType;

const rules: Readonly<Record<string, ((call: KernelCall<never>, typeOf: ProgramTypes) => void) | undefined>> = { ...required, ...fused };

/**
 * Checks a call against the contract: counts, shapes, types and settings, that operands stay inside their buffers and that donations are
 * sound. It looks at no element, so a device may check every call. Calls of kernels from elsewhere get the general checks. A device that
 * remembers the programs it has seen says their types itself.
 * @throws DeviceError that names the kernel, what was expected and what came.
 */
export function validateCall<Name extends KernelName>(call: KernelCall<Name>, typeOf: ProgramTypes = programType): void {
  for (let index = 0; index < call.operands.length; index++) expectInside(call, call.operands[index]!, index);
  for (const { shape } of call.outputs) expectSizes(call, "an output", shape);
  (rules[call.kernel] as ((call: KernelCall<Name>, typeOf: ProgramTypes) => void) | undefined)?.(call, typeOf);
  expectDonations(call);
}
