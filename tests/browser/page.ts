// What the browser tests run inside a page: conformance cases, trainings and a continuation, decode steps, a lost device.
import { type Caching, fixedCache, growingCache } from "@ashlar/attention";
import { type Buffer, contiguousStrides, type Device, type KernelCall, type KernelName, type Operand, reference } from "@ashlar/backend";
import { cases } from "@ashlar/backend/conformance";
import { type GpujsDevice, gpujs } from "@ashlar/backend-gpujs";
import { wasm } from "@ashlar/backend-wasm";
import { generate } from "@ashlar/generate";
import { decoder } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import { type Tensor, tensors } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { stacks, writer } from "./stacks.ts";

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
  const [served, asked] = [new Set<string>(), new Set<string>()];
  let passed = 0;
  for (const entry of cases) {
    if (kernels.length > 0 && !kernels.includes(entry.kernel)) continue;
    asked.add(entry.kernel);
    if (!entry.applies(device)) continue;
    served.add(entry.kernel);
    try {
      await entry.run(device);
      passed++;
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  const { live, buffers } = device.memory();
  return { description: device.description, passed, skipped: [...asked].filter((kernel) => !served.has(kernel)), failures, left: { live, buffers } };
}

/** What a training told. */
export interface Training {
  readonly losses: readonly number[];
  /** For each step on gpu.js: what was compiled and how many bytes were uploaded in it. */
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
  /** What the trained model wrote, where it can: over a cache that grows, and over one of fixed length. */
  readonly grown: readonly number[];
  readonly fixed: Writing;
  readonly left: { readonly live: number; readonly buffers: number };
}

/** What a model wrote, and for each token on gpu.js what was compiled and uploaded. */
export interface Writing {
  readonly tokens: readonly number[];
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
}

const countsOf = (device: Device) => ("counts" in device ? (device as GpujsDevice).counts() : { compilations: 0, uploadedBytes: 0 });

/** Lets the trained decoder continue a prompt, the likeliest token each time. */
async function write(params: ParamsOf<typeof writer.parts>, device: Device, caching: Caching, maxTokens: number): Promise<Writing> {
  const [tokens, compilations, uploads]: [number[], number[], number[]] = [[], [], []];
  let before = countsOf(device);
  for await (const { token } of generate(decoder(writer, params, { cache: caching }), [0, 3, 6, 9], { maxTokens })) {
    const now = countsOf(device);
    tokens.push(token);
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
    before = now;
  }
  return { tokens, compilations, uploads };
}

/** Trains one of the four stacks for some steps; the decoder then continues a prompt. */
async function learn(name: string, stack: keyof typeof stacks, steps: number): Promise<Training> {
  await using device = await devices[name]!();
  const { params, loss } = stacks[stack];
  const start = params(device);
  const losses: number[] = [];
  const [compilations, uploads]: [number[], number[]] = [[], []];
  let [grown, fixed]: [readonly number[], Writing] = [[], { tokens: [], compilations: [], uploads: [] }];
  let last: Tensor[] = [];
  let before = countsOf(device);
  const run = train({
    params: start,
    optimizer: chain(clipByNorm(1), adamW({ rate: 0.01 })),
    batches: Array.from({ length: steps }, (_, step) => step),
    loss: (tree, step) => loss(tree, step, device),
  });
  for await (const step of run) {
    losses.push(await step.loss());
    const now = countsOf(device);
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
    before = now;
    if (step.index === steps - 1) {
      if (stack === "decoder-only") {
        const trained = step.params as ParamsOf<typeof writer.parts>;
        grown = (await write(trained, device, growingCache(), 4)).tokens;
        fixed = await write(trained, device, fixedCache({ length: 32 }), 12);
      }
      last = [...tensors(step.params), ...tensors(step.state)];
    }
  }
  // The last step's tensors stay, and so do those that it all began with: given back by hand, nothing may be left.
  for (const buffer of new Set([...last, ...tensors(start)].map((leaf) => leaf.buffer))) device.free(buffer);
  const { live, buffers } = device.memory();
  return { losses, compilations, uploads, grown, fixed, left: { live, buffers } };
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

/** Takes the graphics processor away below a device: what the next read and the next call say, and what a new device computes. */
async function lose(api: "webgpu" | "webgl2"): Promise<{ readonly read: string; readonly call: string; readonly after: readonly number[] }> {
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

const message = (attempt: () => unknown): Promise<string> =>
  (async () => attempt())().then(
    () => "nothing was thrown",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** What a device says to a result beyond its limits, to a shader that its driver refuses, and to memory that ran out; and what it computes between. */
async function refuse(
  api: "webgpu" | "webgl2",
): Promise<Record<"large" | "broken" | "exhausted" | "renewed", string> & { readonly between: readonly number[] }> {
  const device = await gpujs({ only: api });
  if (api === "webgpu") exhaust.at(-1)!.quiet();
  const one = device.upload(Float32Array.of(2), "float32");
  const repeated = (shape: readonly number[], instruction: "add" | "multiply" | "subtract" = "add"): Buffer =>
    device.kernels.map({
      kernel: "map",
      settings: { program: { operands: 1, scalars: 0, instructions: [[instruction, 0, 0]] } },
      operands: [{ buffer: one, shape, strides: shape.map(() => 0), offset: 0, dtype: "float32" }],
      scalars: [],
      outputs: [{ shape, dtype: "float32" }],
    })[0]!;
  const numbers = (buffer: Buffer, on: Device = device) => on.read({ buffer, shape: [5], strides: [1], offset: 0, dtype: "float32" });

  const large = await message(() => repeated([2 ** 15, 2 ** 15]));

  const { prototype } = (globalThis as unknown as Record<string, { prototype: Prototype }>)[api === "webgpu" ? "GPUDevice" : "WebGL2RenderingContext"]!;
  const instead = (method: string, act: (original: (...given: unknown[]) => unknown, given: unknown[]) => unknown): (() => void) => {
    const original = prototype[method]!;
    prototype[method] = function (this: unknown, ...given) {
      return act(original.bind(this), given);
    };
    return () => {
      prototype[method] = original;
    };
  };
  const restore =
    api === "webgpu"
      ? instead("createShaderModule", (original) => original({ code: "fn main( {" }))
      : instead("shaderSource", (original, [shader]) => original(shader, "#version 300 es\nvoid main( {"));
  const wrong = repeated([5], "multiply");
  const broken = (await message(() => numbers(wrong))).split("\n")[0]!;
  restore();
  const between = [...(await numbers(repeated([5], "subtract"))), ...(await numbers(repeated([5])))];

  const fine = repeated([5]);
  if (api === "webgpu") exhaust.at(-1)!.now();
  const back = api === "webgl2" ? instead("getError", () => 0x0505) : () => {}; // OUT_OF_MEMORY
  const exhausted = await message(() => numbers(fine));
  back();
  const call = await message(() => repeated([5]));
  await device[Symbol.asyncDispose]();
  await using next = await gpujs({ only: api });
  const renewed = `${exhausted === call.replace("map:", "read:") ? "said twice" : call}; ${await numbers(next.upload(Float32Array.of(1, 2, 3, 4, 5), "float32"), next)}`;
  return { large, broken, exhausted, renewed, between };
}

interface Prototype {
  [method: string]: (...given: unknown[]) => unknown;
}

/** What takes each graphics device and context away. gpu.js asks the browser for them, once a page; seen on its way, as there is no other hold. */
const taken: Readonly<Record<"webgpu" | "webgl2", (() => void)[]>> = { webgpu: [], webgl2: [] };

/** What tells each WebGPU device that memory ran out, as the browser would; and what keeps gpu.js from writing its errors to the console. */
const exhaust: { readonly now: () => void; readonly quiet: () => void }[] = [];

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
  void (made as Promise<EventTarget & { destroy(): void; onuncapturederror: unknown }>).then((device) => {
    taken.webgpu.push(() => device.destroy());
    const { GPUOutOfMemoryError, GPUUncapturedErrorEvent } = globalThis as unknown as Record<string, new (...given: unknown[]) => Event>;
    exhaust.push({
      now: () => device.dispatchEvent(new GPUUncapturedErrorEvent!("uncapturederror", { error: new GPUOutOfMemoryError!("no room for 64 bytes") })),
      quiet: () => {
        device.onuncapturederror = null;
      },
    });
  });
});
watch("HTMLCanvasElement", "getContext", (made, [kind]) => {
  const context = made as { getExtension(name: string): { loseContext(): void } } | null;
  if (kind === "webgl2" && context) taken.webgl2.push(() => context.getExtension("WEBGL_lose_context").loseContext());
});

Object.assign(globalThis, { ashlar: { conform, learn, decode, lose, refuse }, ready: true });
