// Graphics that go away, refuse, or run out of memory, in a page.
import type { Buffer, Device, Operand } from "@ashlar/backend";
import { gpujs } from "@ashlar/backend-gpujs";

/** Takes the graphics processor away below a device: what the next read and the next call say, and what a new device computes. */
export async function lose(api: "webgpu" | "webgl2"): Promise<{ readonly read: string; readonly call: string; readonly after: readonly number[] }> {
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
export async function refuse(
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
