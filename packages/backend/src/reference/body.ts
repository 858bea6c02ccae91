import type { KernelCall } from "../contract/device.ts";
import type { HostArray } from "../contract/dtype.ts";
import type { KernelName } from "../contract/kernels.ts";

/**
 * What a kernel of the reference device does: reads `inputs` (each operand's elements, contiguous and in row-major order) and writes
 * `outputs` (zeroed, likewise). Sums run in float64; storing into a Float32Array rounds once.
 */
export type Body<Name extends KernelName> = (call: KernelCall<Name>, inputs: readonly HostArray[], outputs: readonly HostArray[]) => void;
