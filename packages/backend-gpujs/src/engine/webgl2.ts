import type { Engine, Shader, ShaderSpec } from "./engine.ts";
import type { GpuJs, Handle, Library } from "./library.ts";
import { kernelOptions } from "./settings.ts";

/** What is used of a `WebGL2RenderingContext`. */
interface Context {
  readonly [constant: string]: unknown;
  createTexture(): object;
  activeTexture(unit: number): void;
  bindTexture(target: number, texture: object | null): void;
  texParameteri(target: number, name: number, value: number): void;
  texImage2D(
    target: number,
    level: number,
    format: number,
    width: number,
    height: number,
    border: number,
    kind: number,
    type: number,
    data: Float32Array,
  ): void;
  createFramebuffer(): object;
  bindFramebuffer(target: number, framebuffer: object | null): void;
  framebufferTexture2D(target: number, attachment: number, kind: number, texture: object | null, level: number): void;
  createBuffer(): object;
  bindBuffer(target: number, buffer: object | null): void;
  bufferData(target: number, bytes: number, usage: number): void;
  readPixels(x: number, y: number, width: number, height: number, format: number, type: number, offset: number): void;
  getBufferSubData(target: number, offset: number, data: Float32Array): void;
  deleteBuffer(buffer: object): void;
  fenceSync(condition: number, flags: number): object;
  getError(): number;
  clientWaitSync(sync: object, flags: number, timeout: number): number;
  deleteSync(sync: object): void;
  flush(): void;
  isContextLost(): boolean;
  getParameter(name: number): unknown;
  getExtension(name: string): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
}

/** What is used of a `MessageChannel`, which Node and browsers declare differently: a turn of the event loop without a timer's four milliseconds. */
interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: number): void };
}

const LOST = "the WebGL context was lost";
const EXHAUSTED = "memory ran out, so the WebGL context was lost";

/** WebGL2: textures of four numbers a texel, drawn by fragment shaders. Threads and reads count in texels. */
export async function webgl2Engine(_module: GpuJs, library: Library): Promise<Engine> {
  const seed = library.createKernel(
    "function () { return [0, 0, 0, 0]; }",
    kernelOptions({ source: "", makes: 1, helpers: [], arrays: [], scalars: 0, output: [1] }, ""),
  );
  const pattern = (await seed()) as Handle;
  if (seed.kernel.constructor.mode !== "gpu") throw new Error(`gpu.js fell back to ${seed.kernel.constructor.mode}`);
  const gl = library.context as unknown as Context;
  const constant = (name: string): number => gl[name] as number;
  const framebuffer = gl.createFramebuffer();
  let exhausted = false;
  const side = gl.getParameter(constant("MAX_TEXTURE_SIZE")) as number;

  // Every handle has the class of a one-axis output and counts in texels, whatever its kernel's threads were: a kernel refuses another class.
  const wrap = (handle: Pick<Handle, "texture" | "size" | "kernel" | "internalFormat" | "textureFormat">, texels: number): Handle => {
    const { texture, size, kernel, internalFormat, textureFormat } = handle;
    const settings = { texture, size, kernel, internalFormat, textureFormat, context: gl, output: [texels], dimensions: [texels, 1, 1] };
    return new (pattern.constructor as new (settings: object) => Handle)(settings);
  };

  return {
    api: "WebGL2",
    vec4: true,
    description: `gpu.js on WebGL2, ${rendererName(gl)}`,
    mostTexels: Math.min(2 ** 24, side * side),
    compile: (spec) => compile(library, spec, wrap),
    upload(data, texels) {
      const [width, height] = textureSize(Math.max(1, texels));
      const padded = new Float32Array(4 * width * height);
      padded.set(data);
      const texture = gl.createTexture();
      gl.activeTexture(constant("TEXTURE15"));
      gl.bindTexture(constant("TEXTURE_2D"), texture);
      for (const name of ["TEXTURE_WRAP_S", "TEXTURE_WRAP_T"]) gl.texParameteri(constant("TEXTURE_2D"), constant(name), constant("CLAMP_TO_EDGE"));
      for (const name of ["TEXTURE_MIN_FILTER", "TEXTURE_MAG_FILTER"]) gl.texParameteri(constant("TEXTURE_2D"), constant(name), constant("NEAREST"));
      gl.texImage2D(constant("TEXTURE_2D"), 0, constant("RGBA32F"), width, height, 0, constant("RGBA"), constant("FLOAT"), padded);
      const { internalFormat, textureFormat, kernel } = pattern;
      return wrap({ texture, size: Int32Array.of(width, height), kernel, internalFormat: internalFormat!, textureFormat: textureFormat! }, texels);
    },
    async read(handle, start, texels) {
      if (gl.isContextLost()) throw new Error(LOST);
      const width = handle.size![0]!;
      const first = Math.floor(start / width);
      const rows = Math.ceil((start + texels) / width) - first;
      const pixels = new Float32Array(4 * width * rows);
      const target = constant("PIXEL_PACK_BUFFER");
      const packed = gl.createBuffer();
      gl.bindBuffer(target, packed);
      gl.bufferData(target, pixels.byteLength, constant("STREAM_READ"));
      gl.bindFramebuffer(constant("FRAMEBUFFER"), framebuffer);
      gl.framebufferTexture2D(constant("FRAMEBUFFER"), constant("COLOR_ATTACHMENT0"), constant("TEXTURE_2D"), handle.texture!, 0);
      gl.readPixels(0, first, width, rows, constant("RGBA"), constant("FLOAT"), 0);
      gl.framebufferTexture2D(constant("FRAMEBUFFER"), constant("COLOR_ATTACHMENT0"), constant("TEXTURE_2D"), null, 0);
      gl.bindBuffer(target, null);
      try {
        await finished(gl);
        gl.bindBuffer(target, packed);
        gl.getBufferSubData(target, 0, pixels);
        gl.bindBuffer(target, null);
      } finally {
        gl.deleteBuffer(packed);
      }
      // A context lost on the way gives zeros, and no error of its own; so does a texture for which there was no memory.
      if (gl.isContextLost()) throw new Error(LOST);
      exhausted ||= gl.getError() === gl.OUT_OF_MEMORY;
      if (exhausted) throw new Error(EXHAUSTED);
      const skipped = 4 * (start - first * width);
      return pixels.subarray(skipped, skipped + 4 * texels);
    },
    lost: () => (gl.isContextLost() ? LOST : exhausted ? EXHAUSTED : undefined),
    close: () => pattern.delete(),
  };
}

function compile(library: Library, spec: ShaderSpec, wrap: (handle: Handle, texels: number) => Handle): Shader {
  const options = kernelOptions(spec, "ArrayTexture(4)");
  const others = Array.from({ length: spec.makes - 1 }, (_, index) => `more${index + 1}`);
  const kernel =
    others.length === 0
      ? library.createKernel(spec.source, options)
      : library.createKernelMap(Object.fromEntries(others.map((name) => [name, `function ${name}(v) { return v; }`])), spec.source, options);
  const texels = spec.output.reduce((product, size) => product * size, 1);
  return {
    run(arrays, scalars) {
      const made = kernel(...arrays, ...scalars) as Handle | Readonly<Record<string, Handle>>;
      const { mode } = kernel.kernel.constructor;
      if (mode !== "gpu") throw new Error(`gpu.js fell back to ${mode}`);
      const outputs = others.length === 0 ? [made as Handle] : ["result", ...others].map((name) => (made as Readonly<Record<string, Handle>>)[name]!);
      return outputs.map((each) => {
        const handle = wrap(each, texels);
        each.delete();
        return handle;
      });
    },
    destroy: () => kernel.destroy(),
  };
}

/** The sides of the texture that gpu.js gives as many threads along one axis: a reader's shader has them baked in. */
export function textureSize(texels: number): [width: number, height: number] {
  let high = Math.ceil(Math.sqrt(texels));
  let low = Math.floor(Math.sqrt(texels));
  while (high * low < texels) {
    high--;
    low = Math.ceil(texels / high);
  }
  return [low, Math.ceil(texels / low)];
}

/** Waits, without keeping the page, until all that was drawn is there. */
function finished(gl: Context): Promise<void> {
  const sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE as number, 0);
  gl.flush();
  return new Promise((resolve, reject) => {
    const channel = new MessageChannel() as unknown as Channel;
    const end = (settle: () => void): void => {
      gl.deleteSync(sync);
      channel.port1.close();
      settle();
    };
    channel.port1.onmessage = () => {
      if (gl.isContextLost()) return end(() => reject(new Error(LOST)));
      const status = gl.clientWaitSync(sync, 0, 0);
      if (status === gl.ALREADY_SIGNALED || status === gl.CONDITION_SATISFIED) return end(resolve);
      if (status === gl.WAIT_FAILED) return end(() => reject(new Error(LOST)));
      channel.port2.postMessage(0);
    };
    channel.port2.postMessage(0);
  });
}

function rendererName(gl: Context): string {
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(extension?.UNMASKED_RENDERER_WEBGL ?? (gl.RENDERER as number)));
}
