// Decode steps in a page.
import { type Buffer, contiguousStrides, type KernelCall, type KernelName, type Operand } from "@ashlar/backend";
import { countsOf, devices } from "./devices.ts";

/** What decode steps over a cache of fixed capacity told: for each, what was compiled and uploaded, and the context. */
export interface Decoding {
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
  readonly contexts: readonly (readonly number[])[];
}

/**
 * Decode steps as a fixed cache makes them, in calls of the contract: the new key and value are written at a place that is a scalar, and how much
 * of the cache is filled stands in the mask's table, an operand.
 */
export async function decode(name: string, steps: number): Promise<Decoding> {
  await using device = await devices[name]!();
  const counts = () => countsOf(device);
  const capacity = 32;
  const operand = (buffer: Buffer, shape: readonly number[], dtype: Operand["dtype"] = "float32"): Operand => ({
    buffer,
    shape,
    strides: contiguousStrides(shape),
    offset: 0,
    dtype,
  });
  const repeated = (buffer: Buffer, strides: readonly number[], dtype: Operand["dtype"] = "float32"): Operand => ({
    buffer,
    shape: [1, capacity, 2, 4],
    strides,
    offset: 0,
    dtype,
  });
  const call = <Name extends KernelName>(given: KernelCall<Name>): Buffer[] => (device.kernels[given.kernel] as (call: KernelCall<Name>) => Buffer[])(given);
  const places = device.upload(
    Int32Array.from({ length: capacity }, (_, at) => at),
    "int32",
  );
  let cache = [0, 1].map(() => device.upload(new Float32Array(capacity * 8), "float32"));
  const [compilations, uploads]: [number[], number[]] = [[], []];
  const contexts: number[][] = [];
  for (let at = 0; at < steps; at++) {
    const before = counts();
    const added = [1, 2, 3].map((seed) =>
      device.upload(
        Float32Array.from({ length: 8 }, (_, i) => Math.sin(seed * 7 + at * 3 + i)),
        "float32",
      ),
    );
    cache = cache.map((old, side) => {
      const program = {
        operands: 3,
        scalars: 1,
        instructions: [
          ["toFloat32", 2],
          ["equal", 4, 3],
          ["where", 5, 1, 0],
        ],
      } as const;
      const operands = [operand(old, [1, capacity, 2, 4]), repeated(added[side]!, [0, 0, 4, 1]), repeated(places, [0, 1, 0, 0], "int32")];
      return call({
        kernel: "map",
        settings: { program },
        operands,
        scalars: [at],
        donated: [0],
        outputs: [{ shape: [1, capacity, 2, 4], dtype: "float32" }],
      })[0]!;
    });
    const seen = at === 31 ? -1 : 2 ** (at + 1) - 1;
    const mask = [device.upload(Int32Array.of(2), "int32"), device.upload(Int32Array.of(seen | 0), "int32")];
    const [context, sums] = call({
      kernel: "attention",
      settings: { blockQueries: 1, blockKeys: 32 },
      operands: [
        operand(added[2]!, [1, 1, 2, 4]),
        operand(cache[0]!, [1, capacity, 2, 4]),
        operand(cache[1]!, [1, capacity, 2, 4]),
        operand(mask[0]!, [1, 1, 1], "int32"),
        operand(mask[1]!, [1, 1, 1], "int32"),
      ],
      scalars: [0.5, at],
      outputs: [
        { shape: [1, 1, 2, 4], dtype: "float32" },
        { shape: [1, 2, 1], dtype: "float32" },
      ],
    });
    contexts.push([...(await device.read(operand(context!, [8])))]);
    for (const buffer of [...added, ...mask, context!, sums!]) device.free(buffer);
    const now = counts();
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
  }
  for (const buffer of [...cache, places]) device.free(buffer);
  return { compilations, uploads, contexts };
}
