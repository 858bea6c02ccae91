import type { ShaderSpec } from "./engine.ts";
import type { KernelOptions } from "./library.ts";

/**
 * The settings that every kernel has. gpu.js cuts a loop at 1,000 rounds without a word unless told otherwise, would take a whole number for
 * an integer argument, and reuses an output unless it is immutable.
 */
export function kernelOptions({ helpers, arrays, scalars, output }: ShaderSpec, arrayType: string): KernelOptions {
  return {
    output,
    pipeline: true,
    immutable: true,
    precision: "single",
    loopMaxIterations: 2 ** 30,
    fixIntegerDivisionAccuracy: false,
    functions: helpers,
    argumentTypes: [...arrays.map(() => arrayType), ...new Array<string>(scalars).fill("Float")],
    returnType: "Array(4)",
  };
}
