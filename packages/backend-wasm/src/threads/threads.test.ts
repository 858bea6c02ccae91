import { spawnSync } from "node:child_process";
import type { Worker } from "node:worker_threads";
import type { Device, DType, HostArray, KernelName } from "@ashlar/backend";
import { contiguousStrides, elementCount } from "@ashlar/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostCall, type HostOperand, numbers, runOn, view } from "../testing/compare.ts";
import { wasm } from "../wasm.ts";

const integers = (shape: readonly number[], below: number, seed: number): HostOperand => {
  const next = numbers(seed);
  const data = Int32Array.from({ length: elementCount(shape) }, () => Math.min(below - 1, Math.floor(((next() + 1) / 2) * below)));
  return { data, shape, strides: contiguousStrides(shape), offset: 0, dtype: "int32" };
};

const floats = (shape: readonly number[]): { readonly shape: readonly number[]; readonly dtype: DType } => ({ shape, dtype: "float32" });
const ints = (shape: readonly number[]): { readonly shape: readonly number[]; readonly dtype: DType } => ({ shape, dtype: "int32" });

const rows = 700;
const size = 300;
const x = (seed: number, shape: readonly number[] = [rows, size]): HostOperand => view(shape, { seed });
const attentionOperands = [
  ...[1, 2, 3].map((seed) => x(seed, [2, 150, 4, 24])),
  { ...integers([1, 3, 3], 2, 1), data: Int32Array.from([1, 0, 0, 1, 1, 0, 2, 1, 1]) },
  { ...integers([1, 64, 2], 2, 1), data: Int32Array.from({ length: 128 }, (_, index) => index * 77_777_777) },
  x(4, [4, 60]),
];
const attentionSettings = { blockQueries: 64, blockKeys: 64, bias: { firstDistance: -30 } };
const floating = [floats([2, 150, 4, 24]), floats([2, 150, 4, 24]), floats([2, 150, 4, 24])];
const dropping = [0.2, 0, 0.3, 12, 34];
const some = { operands: 1, scalars: 0, instructions: [["tanh", 0] as const, ["multiply", 0, 1] as const] };

/** For each kernel a call that is large enough to be shared. */
const calls: { readonly [Name in KernelName]?: readonly HostCall<Name>[] } = {
  map: [
    { kernel: "map", settings: { program: some }, operands: [x(1)], outputs: [floats([rows, size])] },
    { kernel: "map", settings: { program: some }, operands: [view([rows, size], { seed: 2, layout: ["plain", "moved"] })], outputs: [floats([rows, size])] },
  ],
  reduce: [
    { kernel: "reduce", settings: { kind: "sum", axes: [1] }, operands: [x(1)], outputs: [floats([rows])] },
    { kernel: "reduce", settings: { kind: "sum", axes: [0] }, operands: [x(1, [50, 9000])], outputs: [floats([9000])] },
    { kernel: "reduce", settings: { kind: "argmax", axes: [1] }, operands: [x(1)], outputs: [ints([rows])] },
  ],
  matmul: [
    { kernel: "matmul", settings: {}, operands: [x(1, [611, 500]), x(2, [500, 333])], outputs: [floats([611, 333])] },
    {
      kernel: "matmul",
      settings: { epilogue: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } },
      operands: [x(1, [97, 40]), x(2, [40, 3300]), x(3, [97, 3300])],
      outputs: [floats([97, 3300])],
    },
    { kernel: "matmul", settings: {}, operands: [x(1, [24, 65, 33]), x(2, [24, 33, 65])], outputs: [floats([24, 65, 65])] },
    { kernel: "matmul", settings: {}, operands: [x(1, [1, 768]), x(2, [768, 3001])], outputs: [floats([1, 3001])] },
    {
      kernel: "matmul",
      settings: { epilogue: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } },
      operands: [x(1, [5, 701]), x(2, [701, 333]), x(3, [5, 333])],
      outputs: [floats([5, 333])],
    },
    ...(["float16", "bfloat16"] as const).map(
      (dtype): HostCall<"matmul"> => ({
        kernel: "matmul",
        settings: {},
        operands: [x(1, [3, 701]), view([701, 333], { seed: 2, dtype })],
        outputs: [floats([3, 333])],
      }),
    ),
    {
      kernel: "matmul",
      settings: {},
      operands: [x(1, [3, 768]), { ...x(2, [3001, 768]), shape: [768, 3001], strides: [1, 768] }],
      outputs: [floats([3, 3001])],
    },
    ...(["float16", "bfloat16"] as const).flatMap((dtype): HostCall<"matmul">[] =>
      [1, 3, 40].map((rows) => ({
        kernel: "matmul",
        settings: {},
        operands: [x(1, [rows, 768]), { ...view([3001, 768], { seed: 2, dtype }), shape: [768, 3001], strides: [1, 768] }],
        outputs: [floats([rows, 3001])],
      })),
    ),
    // every pattern of bits, so that some columns have Infinity and NaN, and others numbers that only look so
    ...(["float16", "bfloat16"] as const).map((dtype): HostCall<"matmul"> => {
      const data = Uint16Array.from({ length: 3001 * 100 }, (_, index) => (index % 7 === 0 ? Math.floor(index / 7) : index % 0x4000));
      return {
        kernel: "matmul",
        settings: {},
        operands: [x(1, [1, 100]), { data, shape: [100, 3001], strides: [1, 100], offset: 0, dtype }],
        outputs: [floats([1, 3001])],
      };
    }),
  ],
  quantizedMatmul: ([8, 4] as const).flatMap((bits): HostCall<"quantizedMatmul">[] =>
    [1, 3, 40].map((rows) => ({
      kernel: "quantizedMatmul",
      settings: { bits, epilogue: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } },
      operands: [x(1, [rows, 768]), integers([3001, 24 * bits], 2 ** 31, 2), x(3, [3001, 24]), x(4, [rows, 3001])],
      outputs: [floats([rows, 3001])],
    })),
  ),
  gather: (["float32", "float16", "bfloat16"] as const).map((dtype) => ({
    kernel: "gather",
    settings: { axis: 0 },
    operands: [view([50, size], { seed: 1, dtype }), { ...integers([rows], 50, 3), shape: [rows, size], strides: [1, 0] }],
    outputs: [floats([rows, size])],
  })),
  scatterAdd: [
    {
      kernel: "scatterAdd",
      settings: { axis: 0, size: 50 },
      operands: [x(1), { ...integers([rows], 50, 3), shape: [rows, size], strides: [1, 0] }],
      outputs: [floats([50, size])],
    },
  ],
  copy: [
    {
      kernel: "copy",
      settings: { offsets: [[0, 0]], fill: 0 },
      operands: [view([rows, size], { seed: 3, layout: ["plain", "moved"] })],
      outputs: [floats([rows, size])],
    },
    { kernel: "copy", settings: { offsets: [[0, 0]], fill: 0 }, operands: [x(1)], outputs: [{ shape: [rows, size], dtype: "float16" }] },
  ],
  softmax: [
    { kernel: "softmax", settings: { log: false }, operands: [x(1)], outputs: [floats([rows, size])] },
    { kernel: "softmax", settings: { log: true }, operands: [x(1)], outputs: [floats([rows, size])] },
  ],
  layerNorm: [
    {
      kernel: "layerNorm",
      settings: {},
      operands: [x(1), x(2, [size]), x(3, [size])],
      scalars: [1e-5],
      outputs: [floats([rows, size]), floats([rows]), floats([rows])],
    },
  ],
  layerNormGradient: [
    {
      kernel: "layerNormGradient",
      settings: {},
      operands: [x(1), x(2), x(3, [size]), x(4, [rows]), x(5, [rows])],
      outputs: [floats([rows, size]), floats([size]), floats([size])],
    },
  ],
  rmsNorm: [{ kernel: "rmsNorm", settings: {}, operands: [x(1), x(2, [size])], scalars: [1e-6], outputs: [floats([rows, size]), floats([rows])] }],
  rmsNormGradient: [
    { kernel: "rmsNormGradient", settings: {}, operands: [x(1), x(2), x(3, [size]), x(4, [rows])], outputs: [floats([rows, size]), floats([size])] },
  ],
  crossEntropy: [
    { kernel: "crossEntropy", settings: {}, operands: [x(1), integers([rows], size, 4)], scalars: [0.1, 0.01], outputs: [floats([rows]), floats([rows])] },
  ],
  crossEntropyGradient: [
    {
      kernel: "crossEntropyGradient",
      settings: {},
      operands: [x(3, [rows]), x(1), integers([rows], size, 4), x(5, [rows])],
      scalars: [0.1, 0.01],
      outputs: [floats([rows, size])],
    },
  ],
  attention: [
    {
      kernel: "attention",
      settings: attentionSettings,
      operands: attentionOperands,
      scalars: [0.2, 0],
      outputs: [floats([2, 150, 4, 24]), floats([2, 4, 150])],
    },
    {
      kernel: "attention",
      settings: { ...attentionSettings, pairs: true, dropout: true },
      operands: [...attentionOperands, x(5, [1, 4, 150, 150])],
      scalars: dropping,
      outputs: [floats([2, 150, 4, 24]), floats([2, 4, 150])],
    },
  ],
  attentionGradient: [
    {
      kernel: "attentionGradient",
      settings: attentionSettings,
      operands: [x(7, [2, 150, 4, 24]), x(8, [2, 150, 4, 24]), x(9, [2, 4, 150]), ...attentionOperands],
      scalars: [0.2, 0],
      outputs: [floats([2, 150, 4, 24]), floats([2, 150, 4, 24]), floats([2, 150, 4, 24]), floats([4, 60])],
    },
    // rows, heads, both or none share the pairs, and with them their gradient
    ...[
      [1, 4],
      [2, 1],
      [1, 1],
      [2, 4],
    ].map(
      (shared): HostCall<"attentionGradient"> => ({
        kernel: "attentionGradient",
        settings: { ...attentionSettings, pairs: true, ofPairs: true, dropout: true },
        operands: [x(7, [2, 150, 4, 24]), x(8, [2, 150, 4, 24]), x(9, [2, 4, 150]), ...attentionOperands, x(5, [...shared, 150, 150])],
        scalars: dropping,
        outputs: [...floating, floats([4, 60]), floats([...shared, 150, 150])],
      }),
    ),
  ],
  rotary: [
    {
      kernel: "rotary",
      settings: { interleaved: false, inverse: false },
      operands: [x(1, [4, 90, 8, 32]), x(2, [1, 90, 16]), x(3, [1, 90, 16])],
      outputs: [floats([4, 90, 8, 32])],
    },
  ],
  adamW: [
    {
      kernel: "adamW",
      settings: {},
      operands: [x(1), x(2), x(3), { ...x(4), data: (x(4).data as Float32Array).map(Math.abs) }],
      scalars: [0.001, 0.9, 0.999, 1e-8, 0.01, 0.1, 0.001],
      outputs: [floats([rows, size]), floats([rows, size]), floats([rows, size])],
    },
  ],
  random: [{ kernel: "random", settings: {}, operands: [], scalars: [123, 456], outputs: [floats([100_001])] }],
  cumulativeSum: [{ kernel: "cumulativeSum", settings: {}, operands: [x(1)], outputs: [floats([rows, size])] }],
  write: [{ kernel: "write", settings: { axis: 1 }, operands: [x(1, [4, 700, 300]), x(2, [4, 600, 300])], scalars: [50], outputs: [floats([4, 700, 300])] }],
  topK: [{ kernel: "topK", settings: { k: 7 }, operands: [x(1)], outputs: [floats([rows, 7]), ints([rows, 7])] }],
};

const bits = (array: HostArray): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe.each(["relaxed", "plain"] as const)("results don't depend on how many threads there are, %s SIMD", (simd) => {
  let alone: Device;
  let shared: Device[];
  beforeAll(async () => {
    alone = await wasm({ simd, threads: 1 });
    shared = [await wasm({ simd, threads: 2 }), await wasm({ simd, threads: 4 })];
  });
  afterAll(async () => {
    for (const device of [alone, ...shared]) await device[Symbol.asyncDispose]();
  });

  test("every kernel is asked", () => {
    expect(Object.keys(calls).sort()).toEqual(Object.keys(alone.kernels).sort());
  });

  test.each(
    Object.values(calls)
      .flat()
      .map((call, index) => ({ call: call as HostCall<KernelName>, name: `${call.kernel} ${index}` })),
  )("$name", async ({ call }) => {
    const expected = await runOn(alone, call);
    for (let round = 0; round < 8; round++) {
      for (const device of shared) {
        const got = await runOn(device, call);
        for (const [index, array] of got.entries())
          expect(Buffer.compare(bits(array), bits(expected[index]!)), `output ${index} on ${device.description}`).toBe(0);
      }
    }
  });

  test("the first mistake in the data is named, whoever finds it", async () => {
    const indices = integers([rows], 50, 3);
    (indices.data as Int32Array).set([-1], 600);
    (indices.data as Int32Array).set([50], 301);
    const call = { ...calls.gather![0]!, operands: [x(1, [50, size]), { ...indices, shape: [rows, size], strides: [1, 0] }] };
    for (const device of [alone, ...shared]) await expect(runOn(device, call)).rejects.toThrow("gather: the index at [301, 0] is outside 0 to 49");
  });
});

/** The workers that are started while `run` runs. */
async function watched(run: (workers: Worker[]) => Promise<void>): Promise<void> {
  const threads = process.getBuiltinModule("node:worker_threads") as { Worker: typeof Worker };
  const Original = threads.Worker;
  const workers: Worker[] = [];
  threads.Worker = class extends Original {
    constructor(...values: ConstructorParameters<typeof Worker>) {
      super(...values);
      workers.push(this);
    }
  };
  try {
    await run(workers);
  } finally {
    threads.Worker = Original;
  }
}

describe("helper threads", () => {
  const large = calls.matmul![0]!;

  test("start at the first call that is worth sharing, and end with the device", async () => {
    await watched(async (workers) => {
      const device = await wasm({ threads: 3 });
      await runOn(device, { kernel: "map", settings: { program: some }, operands: [x(1, [4])], outputs: [floats([4])] });
      expect(workers.length).toBe(0);
      await runOn(device, large);
      expect(workers.length).toBe(2);
      const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
      await device[Symbol.asyncDispose]();
      await ended;
    });
  });

  test("one that is killed ends the device with one clear error, and a new device works", async () => {
    await watched(async (workers) => {
      await using device = await wasm({ threads: 2 });
      const expected = await runOn(device, large);
      await workers[0]!.terminate();
      await expect(runOn(device, large)).rejects.toThrow(
        /^wasm: a helper thread is gone \(it ended with code \d\), and what it worked on with it; make a new device/,
      );
      await using again = await wasm({ threads: 2 });
      expect(await runOn(again, large)).toEqual(expected);
    });
  });

  test("hold no process open", () => {
    const script = `
      import { wasm } from "@ashlar/backend-wasm";
      const device = await wasm({ threads: 2 });
      const side = { buffer: device.upload(new Float32Array(512 * 512), "float32"), shape: [512, 512], strides: [512, 1], offset: 0, dtype: "float32" };
      device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [side, side], scalars: [], outputs: [{ shape: [512, 512], dtype: "float32" }] });
      console.log(device.description);
    `;
    const options = ["--conditions=@ashlar/source", "--input-type=module", "--eval", script];
    const { status, stdout, stderr } = spawnSync(process.execPath, options, { cwd: import.meta.dirname, encoding: "utf8", timeout: 20_000 });
    expect({ status, stdout, stderr }).toMatchObject({ status: 0, stdout: expect.stringContaining("2 threads") });
  });

  test("a number that is none is refused", async () => {
    await expect(wasm({ threads: 0 })).rejects.toThrow("wasm: expected 1 to 64 threads, got 0");
    await expect(wasm({ threads: 1.5 })).rejects.toThrow("wasm: expected 1 to 64 threads, got 1.5");
  });
});
