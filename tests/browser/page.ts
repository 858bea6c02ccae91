// What the browser tests run inside a page: conformance cases, a training and sampling, decode steps, a lost device.
import { multiHeadAttention, rotary } from "@ashlar/attention";
import { type Buffer, contiguousStrides, type Device, type KernelCall, type KernelName, type Operand, reference } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { type GpujsDevice, gpujs } from "@ashlar/backend-gpujs";
import { wasm } from "@ashlar/backend-wasm";
import { preNorm, stack, swiglu } from "@ashlar/blocks";
import { collect, generate } from "@ashlar/generate";
import { causal } from "@ashlar/mask";
import { decoder, languageModel } from "@ashlar/models";
import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
import { crossEntropy, type Tensor, tensor, tensors } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";

/** The devices that are compared. */
const devices: Readonly<Record<string, () => Device | Promise<Device>>> = {
  reference: () => reference(),
  "wasm, one thread": () => wasm({ threads: 1 }),
  "wasm, two threads": () => wasm({ threads: 2 }),
  webgpu: () => gpujs({ only: "webgpu" }),
  webgl2: () => gpujs({ only: "webgl2" }),
};

/** What became of the conformance cases on a device. */
export interface Conformance {
  readonly description: string;
  readonly passed: number;
  readonly skipped: readonly string[];
  readonly failures: readonly string[];
  readonly left: { readonly live: number; readonly buffers: number };
}

/** Runs every conformance case of some kernels on a device; of all kernels where none is named. */
async function conform(name: string, kernels: readonly string[]): Promise<Conformance> {
  await using device = await devices[name]!();
  const failures: string[] = [];
  const skipped = new Set<string>();
  let passed = 0;
  for (const entry of cases) {
    if (kernels.length > 0 && !kernels.includes(entry.kernel)) continue;
    if (!entry.applies(device)) {
      skipped.add(entry.kernel);
      continue;
    }
    try {
      await entry.run(device);
      passed++;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const { live, buffers } = device.memory();
  return { description: device.description, passed, skipped: [...skipped], failures, left: { live, buffers } };
}

/** What a training told. */
export interface Training {
  readonly losses: readonly number[];
  readonly tokens: readonly number[];
  /** For each step on gpu.js: what was compiled and how many bytes were uploaded in it. */
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
  readonly left: { readonly live: number; readonly buffers: number };
}

const [vocab, dim, heads, rows, time] = [40, 16, 2, 2, 12];

/** Trains a small decoder for some steps and lets it continue a prompt. */
async function learn(name: string, steps: number): Promise<Training> {
  await using device = await devices[name]!();
  const counts = () => ("counts" in device ? (device as GpujsDevice).counts() : { compilations: 0, uploadedBytes: 0 });
  const block = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const model = languageModel({ vocab, dim, stack: stack({ blocks: 2, of: block, norm: rmsNorm(dim) }) });
  const start = init(model, fresh(3, { device }));
  const table = (step: number, by: number) =>
    Array.from({ length: rows }, (_, row) => Array.from({ length: time }, (_, at) => (step + 5 * row + 3 * (at + by)) % vocab));
  const losses: number[] = [];
  const [compilations, uploads]: [number[], number[]] = [[], []];
  let tokens: readonly number[] = [];
  let last: Tensor[] = [];
  let before = counts();
  const run = train({
    params: start,
    optimizer: chain(clipByNorm(1), adamW({ rate: 0.02 })),
    batches: Array.from({ length: steps }, (_, step) => step),
    loss: (params, step, pass) => {
      const ids = (values: number[][]) => tensor(values, { device, dtype: "int32" });
      return crossEntropy(bind(model, params)(ids(table(step, 0)), { ...pass, mask: causal }), ids(table(step, 1)));
    },
  });
  for await (const step of run) {
    losses.push(await step.loss());
    const now = counts();
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
    before = now;
    if (step.index === steps - 1) {
      const [row] = await collect(generate(decoder(model, step.params), [0, 3, 6, 9], { maxTokens: 6 }));
      tokens = row!.tokens;
      last = [...tensors(step.params), ...tensors(step.state)];
    }
  }
  // The last step's tensors stay, and so do those that it all began with: given back by hand, nothing may be left.
  for (const buffer of new Set([...last, ...tensors(start)].map((leaf) => leaf.buffer))) device.free(buffer);
  const { live, buffers } = device.memory();
  return { losses, tokens, compilations, uploads, left: { live, buffers } };
}

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
async function decode(name: string, steps: number): Promise<Decoding> {
  await using device = await devices[name]!();
  const counts = () => ("counts" in device ? (device as GpujsDevice).counts() : { compilations: 0, uploadedBytes: 0 });
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

/** Takes the graphics processor away below a device: what the next read and the next call say, and what a new device computes. */
async function lose(api: "webgpu" | "webgl2"): Promise<{ readonly read: string; readonly call: string; readonly after: readonly number[] }> {
  const message = (attempt: () => unknown): Promise<string> =>
    (async () => attempt())().then(
      () => "nothing was thrown",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const device = await gpujs({ only: api });
  const double = (on: Device, values: readonly number[]): Buffer =>
    on.kernels.map({
      kernel: "map",
      settings: { program: { operands: 1, scalars: 0, instructions: [["add", 0, 0]] } },
      operands: [{ buffer: on.upload(Float32Array.from(values), "float32"), shape: [values.length], strides: [1], offset: 0, dtype: "float32" }],
      scalars: [],
      outputs: [{ shape: [values.length], dtype: "float32" }],
    })[0]!;
  const view = (buffer: Buffer): Operand => ({ buffer, shape: [3], strides: [1], offset: 0, dtype: "float32" });
  const result = double(device, [1, 2, 3]);
  await device.read(view(result));
  taken[api].at(-1)!();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const read = await message(() => device.read(view(result)));
  const call = await message(() => double(device, [4]));
  await device[Symbol.asyncDispose]();
  await using next = await gpujs({ only: api });
  const after = [...(await next.read(view(double(next, [1, 2, 3]))))];
  return { read, call, after };
}

interface Prototype {
  [method: string]: (...given: unknown[]) => unknown;
}

/** What takes each graphics device and context away. gpu.js asks the browser for them, once a page; seen on its way, as there is no other hold. */
const taken: Readonly<Record<"webgpu" | "webgl2", (() => void)[]>> = { webgpu: [], webgl2: [] };

function watch(holder: string, method: string, seen: (made: unknown, given: unknown[]) => void): void {
  const { prototype } = (globalThis as unknown as Record<string, { prototype: Prototype }>)[holder]!;
  const original = prototype[method]!;
  prototype[method] = function (this: unknown, ...given) {
    const made = original.apply(this, given);
    seen(made, given);
    return made;
  };
}

watch("GPUAdapter", "requestDevice", (made) => {
  void (made as Promise<{ destroy(): void }>).then((device) => taken.webgpu.push(() => device.destroy()));
});
watch("HTMLCanvasElement", "getContext", (made, [kind]) => {
  const context = made as { getExtension(name: string): { loseContext(): void } } | null;
  if (kind === "webgl2" && context) taken.webgl2.push(() => context.getExtension("WEBGL_lose_context").loseContext());
});

Object.assign(globalThis, { ashlar: { conform, learn, decode, lose }, ready: true });
