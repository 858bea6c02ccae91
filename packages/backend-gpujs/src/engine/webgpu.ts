import type { Engine, Shader, ShaderSpec } from "./engine.ts";
import type { GpuJs, GraphicsContext, Handle, Library } from "./library.ts";
import { kernelOptions } from "./settings.ts";

// GPUBufferUsage and GPUMapMode, whose numbers the specification fixes
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;
const MODE_READ = 0x1;

/** WebGPU: storage buffers of single numbers. A thread writes four neighbours, and readers see them one by one. */
export async function webgpuEngine({ WebGPUContext, WebGPUBufferResult }: GpuJs, library: Library): Promise<Engine> {
  const context: GraphicsContext = await WebGPUContext.acquire();
  const { device } = context;
  const { limits } = device;
  let lost: string | undefined;
  void device.lost.then(({ reason, message }) => {
    lost = `the WebGPU device was lost (${reason || "unknown"}${message ? `: ${message}` : ""})`;
  });
  device.addEventListener("uncapturederror", ({ error }) => {
    if (error.constructor.name === "GPUOutOfMemoryError") lost ??= `memory ran out (${error.message}), so the WebGPU device was lost`;
  });
  const owner = {};

  return {
    api: "WebGPU",
    vec4: false,
    description: `gpu.js on WebGPU, ${adapterName(context)}`,
    mostTexels: Math.floor(Math.min(limits.maxStorageBufferBindingSize!, limits.maxBufferSize!, 2 ** 28) / 16),
    compile: (spec) => compile(library, spec),
    upload(data, texels) {
      const buffer = device.createBuffer({ size: 16 * Math.max(1, texels), usage: STORAGE | COPY_SRC | COPY_DST });
      device.queue.writeBuffer(buffer, 0, data);
      return new WebGPUBufferResult({ buffer, output: [4 * Math.max(1, texels)], context, kernel: owner });
    },
    async read(handle, start, texels) {
      const bytes = 16 * texels;
      const staging = device.createBuffer({ size: bytes, usage: MAP_READ | COPY_DST });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(handle.buffer!, 16 * start, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      try {
        await staging.mapAsync(MODE_READ);
        return new Float32Array(staging.getMappedRange().slice(0));
      } finally {
        staging.destroy();
      }
    },
    lost: () => lost ?? (context.isLost ? "the WebGPU device was lost" : undefined),
    close() {},
  };
}

function compile(library: Library, spec: ShaderSpec): Shader {
  const kernel = library.createKernel(spec.source, kernelOptions(spec, "WebGPUBuffer"));
  const texels = spec.output.reduce((product, size) => product * size, 1);
  return {
    async run(arrays, scalars) {
      const handle: Handle = await kernel(...arrays, ...scalars);
      const { mode } = kernel.kernel.constructor;
      if (mode !== "webgpu") throw new Error(`gpu.js fell back to ${mode}`);
      handle.componentCount = 1;
      handle.output = [4 * texels];
      // The kernel would keep its output until its next call: a second copy of everything.
      const held = kernel.kernel.outputBuffer;
      if (held && held._refs > 1) {
        held._refs--;
        kernel.kernel.outputBuffer = null;
      }
      return [handle];
    },
    destroy: () => kernel.destroy(),
  };
}

function adapterName({ adapter: { info } }: GraphicsContext): string {
  return [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(" ") || "an adapter without a name";
}
