import { type Buffer, bytesPerElement, type Device, elementCount, hostArray, type Kernel, type KernelTable, type OutputSpec } from "@ashlar/backend";

const bytesOf = ({ shape, dtype }: OutputSpec): Buffer => ({ bytes: elementCount(shape) * bytesPerElement(dtype) });

/** A device that computes nothing and keeps nothing: what runs on it says how large everything would be. */
export function shapesOnly(): Device {
  const run = ({ outputs }: Parameters<Kernel<"map">>[0]): Buffer[] => outputs.map(bytesOf);
  const any = run as unknown as Required<KernelTable>[keyof KernelTable]; // it looks at the outputs alone
  const names = [
    ...["map", "reduce", "matmul", "gather", "scatterAdd", "copy"],
    ...["softmax", "layerNorm", "rmsNorm", "attention", "rotary", "random", "cumulativeSum", "topK", "write"],
  ];
  return {
    name: "shapesOnly",
    description: "computes nothing: shapes and sizes alone",
    kernels: Object.fromEntries(names.map((name) => [name, any])) as unknown as KernelTable,
    upload: (data, dtype) => bytesOf({ shape: [data.length], dtype }),
    read: async ({ shape, dtype }) => hostArray(dtype, elementCount(shape)),
    free() {},
    memory: () => ({ live: 0, peak: 0, buffers: 0 }),
    resetPeak() {},
    async [Symbol.asyncDispose]() {},
  };
}
