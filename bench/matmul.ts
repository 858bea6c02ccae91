// Products of matrices, one thread: Ashlar's WASM device (both builds) beside onnxruntime-web's, interleaved in one run.
//
//   cd bench && npm install && npm run matmul
//
// For each shape: the time of a product whose operands lie in the device's memory, best and median; the numbers of all contenders are compared
// with a float64 product at some places. onnxruntime-web copies inputs in and outputs out at every run; where b is a weight it packs it once.

import { createRequire } from "node:module";
import { type Device, decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16, type HostArray, type Operand } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { interleave, table } from "./common/interleave.ts";
import { onnxMatmul } from "./common/onnxMatmul.ts";
import { uniform } from "./common/weights.ts";

const shapes = [
  [512, 512, 512],
  [1024, 1024, 1024],
  [256, 768, 3072],
  [1, 768, 3072],
] as const;

const ort = createRequire(import.meta.url)("onnxruntime-web") as typeof import("onnxruntime-web");
ort.env.wasm.numThreads = 1;

/** What a contender computed, for the check, after a run. */
interface Checked {
  readonly name: string;
  /** The numbers that it multiplies by, where they aren't b's own. */
  readonly right?: Float32Array;
  run(): void | Promise<void>;
  result(): Promise<Float32Array>;
  end(): Promise<void>;
}

/** How b lies in Ashlar's memory. */
interface Kept {
  /** Transposed, as layers keep their weights. */
  readonly transposed?: boolean;
  readonly dtype?: "float32" | "float16" | "bfloat16";
}

async function ashlar(
  name: string,
  device: Device,
  [m, k, n]: readonly [number, number, number],
  a: Float32Array,
  b: Float32Array,
  { transposed = false, dtype = "float32" }: Kept = {},
): Promise<Checked> {
  const operand = (data: HostArray, shape: readonly [number, number], strides: readonly [number, number], type: Operand["dtype"]): Operand => ({
    buffer: device.upload(data, type),
    shape,
    strides,
    offset: 0,
    dtype: type,
  });
  const laid = transposed ? Float32Array.from(b, (_, index) => b[(index % k) * n + Math.floor(index / k)]!) : b;
  const stored = dtype === "float16" ? encodeFloat16(laid) : dtype === "bfloat16" ? encodeBfloat16(laid) : laid;
  const right = dtype === "float16" ? decodeFloat16(encodeFloat16(b)) : dtype === "bfloat16" ? decodeBfloat16(encodeBfloat16(b)) : b;
  const operands = [operand(a, [m, k], [k, 1], "float32"), operand(stored, [k, n], transposed ? [1, k] : [n, 1], dtype)];
  const call = { kernel: "matmul", settings: {}, operands, scalars: [], outputs: [{ shape: [m, n], dtype: "float32" }] } as const;
  const repeats = m === 1 ? 20 : 1;
  return {
    name,
    right,
    run() {
      for (let i = 0; i < repeats; i++) device.free(device.kernels.matmul(call)[0]!);
    },
    async result() {
      const [buffer] = device.kernels.matmul(call);
      return (await device.read({ ...operands[0]!, buffer: buffer!, shape: [m, n], strides: [n, 1] })) as Float32Array;
    },
    async end() {
      await device[Symbol.asyncDispose]();
    },
  };
}

async function onnx(name: string, [m, k, n]: readonly [number, number, number], a: Float32Array, b: Float32Array, isWeight: boolean): Promise<Checked> {
  const session = await ort.InferenceSession.create(onnxMatmul(m, k, n, isWeight ? b : undefined), { executionProviders: ["wasm"], intraOpNumThreads: 1 });
  const left = new ort.Tensor("float32", a, [m, k]);
  const feeds = isWeight ? { a: left } : { a: left, b: new ort.Tensor("float32", b, [k, n]) };
  const repeats = m === 1 ? 20 : 1;
  return {
    name,
    async run() {
      for (let i = 0; i < repeats; i++) await session.run(feeds);
    },
    async result() {
      return (await session.run(feeds)).c!.data as Float32Array;
    },
    async end() {
      await session.release();
    },
  };
}

function check(name: string, c: Float32Array, [m, k, n]: readonly [number, number, number], a: Float32Array, b: Float32Array): void {
  for (let sample = 0; sample < 50; sample++) {
    const row = (sample * 7919) % m;
    const column = (sample * 104_729) % n;
    let sum = 0;
    for (let i = 0; i < k; i++) sum += a[row * k + i]! * b[i * n + column]!;
    // k products below ¼ added in float32
    if (Math.abs(sum - c[row * n + column]!) > 1e-6 * Math.sqrt(k)) throw new Error(`${name}: [${row}, ${column}] is ${c[row * n + column]}, not ${sum}`);
  }
}

for (const shape of shapes) {
  const [m, k, n] = shape;
  const a = uniform(m * k, 1);
  const b = uniform(k * n, 2);
  const contenders = [
    await ashlar("ashlar wasm", await wasm({ threads: 1 }), shape, a, b),
    await ashlar("ashlar wasm, plain SIMD", await wasm({ threads: 1, simd: "plain" }), shape, a, b),
    ...(m > 1
      ? []
      : [
          await ashlar("ashlar wasm, b transposed", await wasm({ threads: 1 }), shape, a, b, { transposed: true }),
          await ashlar("ashlar wasm, b transposed, float16", await wasm({ threads: 1 }), shape, a, b, { transposed: true, dtype: "float16" }),
          await ashlar("ashlar wasm, b transposed, bfloat16", await wasm({ threads: 1 }), shape, a, b, { transposed: true, dtype: "bfloat16" }),
        ]),
    await onnx("onnxruntime-web, b a weight", shape, a, b, true),
    await onnx("onnxruntime-web, b an input", shape, a, b, false),
  ];
  for (const { name, result, right = b } of contenders) check(name, await result(), shape, a, right);
  const timings = await interleave(contenders);
  for (const { end } of contenders) await end();
  const repeats = m === 1 ? 20 : 1;
  const work = (2 * m * k * n * repeats) / 1e6;
  const peer = Math.min(...timings.slice(-2).map(({ best }) => best));
  const peerMedian = Math.min(...timings.slice(-2).map(({ median }) => median));
  console.log(`\n${m} × ${k} × ${n}`);
  table(
    ["", "best ms", "median ms", "best GFLOP/s", "median GFLOP/s", "× best peer, by best", "by median"],
    timings.map(({ name, best, median }) => [
      name,
      (best / repeats).toFixed(3),
      (median / repeats).toFixed(3),
      (work / best).toFixed(1),
      (work / median).toFixed(1),
      (peer / best).toFixed(2),
      (peerMedian / median).toFixed(2),
    ]),
  );
}
