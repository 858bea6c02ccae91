import { contiguousStrides, type Device, type KernelTable, reference } from "@ashlar/backend";

/** The plain device, but for its products, which are too large by a factor. */
export function wrongProducts(factor: number): Device {
  const device = reference();
  const { matmul, map } = device.kernels;
  const kernels: KernelTable = {
    ...device.kernels,
    matmul(call) {
      const [buffer] = matmul(call);
      const { shape, dtype } = call.outputs[0]!;
      return map({
        kernel: "map",
        settings: { program: { operands: 1, scalars: 1, instructions: [["multiply", 0, 1]] } },
        operands: [{ buffer: buffer!, shape, dtype, strides: contiguousStrides(shape), offset: 0 }],
        scalars: [factor],
        outputs: [{ shape, dtype }],
        donated: [0],
      });
    },
  };
  return { ...device, kernels };
}
