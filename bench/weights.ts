// Decoding with weights kept in 32, 16, 8 and 4 bits, one thread: a row times one matrix after the other, each from memory, and whole steps of
// GPT-2 small. All in turn in one process, so that what else the machine does falls on all alike.
//
//   cd bench && npm run weights [rounds]

import { type Device, encodeBfloat16, encodeFloat16, type HostArray, type Operand } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { decoder, gpt2LanguageModel } from "../packages/models/src/index.ts";
import { casting, fresh, init, quantized, quantizing, taken } from "../packages/nn/src/index.ts";
import { fromData, type Quantized, quantize, scoped, tensors } from "../packages/tensor/src/index.ts";
import { reading } from "./common/decoding.ts";
import { table } from "./common/interleave.ts";
import { uniform } from "./common/weights.ts";

const rounds = Number(process.argv[2] ?? 40);
await using device = await wasm({ threads: 1 });

/** The best and the tenth of the times, and how they compare with the first contender's. */
function show(title: string, runs: readonly { readonly name: string; readonly times: number[]; readonly bytes: number }[]): void {
  for (const { times } of runs) times.sort((a, b) => a - b);
  const [first] = runs.map(({ times }) => times);
  const at = (times: readonly number[], part: number): number => times[Math.floor(times.length * part)]!;
  console.log(`\n${title}`);
  table(
    ["weights", "MB", "best ms", "10th percentile", "median", "× float32, by best", "by 10th percentile"],
    runs.map(({ name, times, bytes }) => [
      name,
      (bytes / 1e6).toFixed(1),
      at(times, 0).toFixed(3),
      at(times, 0.1).toFixed(3),
      at(times, 0.5).toFixed(3),
      (at(first!, 0) / at(times, 0)).toFixed(2),
      (at(first!, 0.1) / at(times, 0.1)).toFixed(2),
    ]),
  );
}

function products(device: Device, [k, n]: readonly [number, number], copies: number): void {
  const weight = uniform(n * k, 2);
  const operand = (data: HostArray, shape: readonly number[], strides: readonly number[], dtype: Operand["dtype"]): Operand => {
    return { buffer: device.upload(data, dtype), shape, strides, offset: 0, dtype };
  };
  const x = operand(uniform(k, 1), [1, k], [k, 1], "float32");
  const outputs = [{ shape: [1, n], dtype: "float32" }] as const;
  const stored = { float32: () => weight, float16: () => encodeFloat16(weight), bfloat16: () => encodeBfloat16(weight) };
  const whole = (Object.keys(stored) as (keyof typeof stored)[]).map((dtype) => {
    const make = () => {
      const operands = [x, operand(stored[dtype](), [k, n], [1, k], dtype)];
      return () => device.free(device.kernels.matmul({ kernel: "matmul", settings: {}, operands, scalars: [], outputs })[0]!);
    };
    return { name: dtype as string, make, bytes: n * k * (dtype === "float32" ? 4 : 2) };
  });
  const source = fromData(weight, [n, k], { device });
  const small = ([8, 4] as const).flatMap((bits) =>
    [32, 128].map((group) => {
      const make = () => {
        const kept: Quantized = quantize(source, { bits, group });
        const operands = [x, "int8" in kept ? kept.int8 : kept.int4, kept.scales];
        const call = { kernel: "quantizedMatmul", settings: { bits }, operands, scalars: [], outputs } as const;
        return () => device.free(device.kernels.quantizedMatmul!(call)[0]!);
      };
      return { name: `int${bits}, groups of ${group}`, make, bytes: (n * k * bits) / 8 + (4 * n * k) / group };
    }),
  );
  const runs = [...whole, ...small].map(({ make, ...rest }) => ({ ...rest, calls: Array.from({ length: copies }, make), times: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const { calls, times } of runs)
      for (const call of calls) {
        const start = performance.now();
        call();
        if (round > 1) times.push(performance.now() - start);
      }
  show(`1 × ${k} × ${n}, ${copies} matrices in turn`, runs);
  for (const { buffer } of [x]) device.free(buffer);
}

function steps(device: Device): void {
  const { model } = gpt2LanguageModel({ vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 });
  const params = init(model, fresh(0, { device }));
  const bytes = (tree: unknown): number => [...new Set(tensors(tree).map(({ storage }) => storage))].reduce((sum, { buffer }) => sum + buffer.bytes, 0);
  const halves = (["float16", "bfloat16"] as const).map((name) => {
    const kept = init(model, casting(taken(params), name));
    return { name, reader: decoder(model, kept), bytes: bytes(kept) };
  });
  const small = ([8, 4] as const).map((bits) => {
    const of = quantized(model, { bits });
    const kept = init(of, quantizing(taken(params)));
    return { name: `int${bits}, groups of 32`, reader: decoder(of, kept), bytes: bytes(kept) };
  });
  const all = [{ name: "float32", reader: decoder(model, params), bytes: bytes(params) }, ...halves, ...small];
  const prompt = Array.from({ length: 32 }, (_, index) => index % 97);
  const runs = all.map(({ reader, ...rest }) => ({ ...rest, run: reading(reader, prompt), times: [] as number[] }));
  for (let round = 0; round < rounds; round++)
    for (const { run, times } of runs) {
      const start = performance.now();
      run.step();
      if (round > 1) times.push(performance.now() - start);
    }
  show("a step of GPT-2 small, from position 32 on", runs);
}

console.log(device.description);
scoped(() => products(device, [768, 3072], 16));
scoped(() => products(device, [768, 50257], 1));
scoped(() => steps(device));
