// What the compiler holds a device and its callers to. Nothing here runs.
import type { Device, Kernel, KernelCall, KernelTable } from "./device.ts";
import type { Program } from "./program.ts";

declare const kernels: { readonly [Name in "map" | "reduce" | "matmul" | "gather" | "scatterAdd" | "copy"]: Kernel<Name> };
declare const device: Device;
declare const call: <Name extends keyof KernelTable>(call: KernelCall<Name>) => void;

/** The six required kernels are a table. */
export const whole: KernelTable = kernels;

const { scatterAdd: _scatterAdd, ...five } = kernels;
// @ts-expect-error a required kernel is left out
export const lacking: KernelTable = five;

// @ts-expect-error a kernel under another's name
export const swapped: KernelTable = { ...kernels, matmul: kernels.gather };

// @ts-expect-error a kernel that the contract does not know
export const unknown: KernelTable = { ...kernels, convolution: kernels.map };

// @ts-expect-error a fused kernel may be missing: ask first
device.kernels.softmax({ kernel: "softmax", settings: { log: false }, operands: [], scalars: [], outputs: [] });
device.kernels.softmax?.({ kernel: "softmax", settings: { log: false }, operands: [], scalars: [], outputs: [] });

const rest = { operands: [], scalars: [], outputs: [] };
call({ kernel: "gather", settings: { axis: 0 }, ...rest });
// @ts-expect-error another kernel's settings
call<"gather">({ kernel: "gather", settings: { axes: [0] }, ...rest });
// @ts-expect-error a fold that does not exist
call<"reduce">({ kernel: "reduce", settings: { kind: "median", axes: [0] }, ...rest });

// @ts-expect-error an instruction that does not exist
export const program: Program = { operands: 1, scalars: 0, instructions: [["gelu", 0]] };
