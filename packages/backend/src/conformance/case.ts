import type { Device, Kernel, KernelCall } from "../contract/device.ts";
import type { DType } from "../contract/dtype.ts";
import type { KernelName, KernelSettings } from "../contract/kernels.ts";
import type { Buffer, Operand } from "../contract/operand.ts";
import { contiguousStrides } from "../contract/operand.ts";
import { expectClose, expectSame } from "./compare.ts";
import { ConformanceError } from "./error.ts";
import type { Given } from "./given.ts";

/** How far a device may be from the float64 value: `|got − expected| ≤ absolute + relative · |expected|`, and why. */
export interface Tolerance {
  /** In the result's own unit. */
  readonly absolute: number;
  /** As a share of the expected value. */
  readonly relative: number;
  /** Where the difference comes from. */
  readonly reason: string;
  /** What is asked instead of a device that promises stepwise arithmetic. */
  readonly stepwise?: Tolerance;
}

/** How close a device must come: closer, where it promises stepwise arithmetic and that makes a difference. */
export function asked({ arithmetic }: Pick<Device, "arithmetic">, tolerance: Tolerance): Tolerance {
  return arithmetic === "stepwise" ? (tolerance.stepwise ?? tolerance) : tolerance;
}

/** One thing that every device does alike. */
export interface ConformanceCase {
  /** What it states, beginning with the kernel's name. */
  readonly name: string;
  /** The kernel it is about. */
  readonly kernel: KernelName;
  /** How close the device must come; `tolerance.stepwise`, where there is one, if it promises stepwise arithmetic. */
  readonly tolerance: Tolerance;
  /** Whether the device has the kernel; where it has not, the case is skipped. */
  applies(device: Device): boolean;
  /** Runs it. @throws ConformanceError that says which element, what was expected and what came. */
  run(device: Device): Promise<void>;
}

/** An output and what must be in it. */
export interface Expected {
  /** Its shape. */
  readonly shape: readonly number[];
  /** Its type; float32 by default. */
  readonly dtype?: DType;
  /** The float64 values, in row-major order. */
  readonly values: ArrayLike<number>;
}

/** A call and what must come of it. */
export interface Call<Name extends KernelName> {
  /** What stays the same from call to call. */
  readonly settings: KernelSettings[Name];
  /** The arrays it reads. */
  readonly operands: readonly Given[];
  /** The numbers that change from call to call. */
  readonly scalars?: readonly number[];
  /** What must come out. */
  readonly outputs: readonly Expected[];
  /** Which operands it gives up. */
  readonly donated?: readonly number[];
}

/** A case that does anything with a device, and leaves as many bytes live as it found. */
export function deviceCase(kernel: KernelName, name: string, tolerance: Tolerance, body: (device: Device) => Promise<void>): ConformanceCase {
  return {
    name: `${kernel}: ${name}`,
    kernel,
    tolerance,
    applies: (device) => device.kernels[kernel] !== undefined,
    async run(device) {
      if (device.kernels[kernel] === undefined)
        throw new ConformanceError(`${this.name}: the device ${device.name} has no ${kernel}; ask applies(device) first`);
      const before = device.memory();
      await body(device);
      const after = device.memory();
      if (after.live !== before.live || after.buffers !== before.buffers) {
        throw new ConformanceError(`${this.name}: ${before.live} bytes in ${before.buffers} buffers became ${after.live} in ${after.buffers}`);
      }
    },
  };
}

/**
 * A case of one call: uploads the operands, calls, compares every output, checks that what was not donated is unchanged and that what was
 * is gone, and frees it all. `make` runs with the case, so that a list of cases costs nothing until it is used.
 */
export function callCase<Name extends KernelName>(kernel: Name, name: string, tolerance: Tolerance, make: () => Call<Name>): ConformanceCase {
  return deviceCase(kernel, name, tolerance, async (device) => {
    const { outputs, ...call } = make();
    const where = `${kernel}: ${name}`;
    const operands = call.operands.map((given) => upload(device, given));
    const buffers = launch(device, kernel, { ...call, operands, outputs: outputs.map(({ shape, dtype = "float32" }) => ({ shape, dtype })) });
    if (buffers.length !== outputs.length) throw new ConformanceError(`${where}: expected ${outputs.length} outputs, got ${buffers.length}`);

    for (const [index, { shape, dtype = "float32", values }] of outputs.entries()) {
      const got = await device.read(whole(buffers[index]!, shape, dtype));
      expectClose(`${where}, output ${index}`, got, values, shape, asked(device, tolerance));
      device.free(buffers[index]!);
    }
    for (const [index, operand] of operands.entries()) {
      if (call.donated?.includes(index)) continue;
      const given = call.operands[index]!;
      const kept = await device.read(whole(operand.buffer, [given.data.length], given.dtype));
      expectSame(`${where}, operand ${index} after the call`, kept, given.data);
      device.free(operand.buffer);
    }
  });
}

/** Uploads what is given and views it. */
export function upload(device: Device, { data, dtype, shape, strides, offset }: Given): Operand {
  return { buffer: device.upload(data, dtype), dtype, shape, strides, offset };
}

/** A contiguous view of a whole buffer. */
export function whole(buffer: Buffer, shape: readonly number[], dtype: DType = "float32"): Operand {
  return { buffer, shape, strides: contiguousStrides(shape), offset: 0, dtype };
}

/** Calls a kernel that `applies` has found. */
export function launch<Name extends KernelName>(
  device: Device,
  kernel: Name,
  { scalars = [], ...call }: Omit<KernelCall<Name>, "kernel" | "scalars"> & { readonly scalars?: readonly number[] },
): Buffer[] {
  return (device.kernels[kernel] as Kernel<Name>)({ kernel, scalars, ...call });
}
