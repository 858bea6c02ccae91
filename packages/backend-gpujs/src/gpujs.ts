import type { Device } from "@ashlar/backend";
import { DeviceError } from "@ashlar/backend";
import { makeDevice } from "./device/device.ts";
import type { Counts } from "./device/shaders.ts";
import type { Engine } from "./engine/engine.ts";
import { lease } from "./engine/lease.ts";
import type { GpuJs, Library } from "./engine/library.ts";
import { loadLibrary } from "./engine/library.ts";
import { webgl2Engine } from "./engine/webgl2.ts";
import { webgpuEngine } from "./engine/webgpu.ts";

/** The two graphics interfaces. */
export type Api = "webgpu" | "webgl2";

/** How the gpu.js device is made. */
export interface GpujsOptions {
  /** Which interface to try first: WebGPU unless said. The other one is tried after it. */
  readonly prefer?: Api;
  /** Only this interface; where it is missing, that is an error. */
  readonly only?: Api;
  /** The most compiled shaders that are kept, 1,024 unless said; beyond it the longest unused goes and is compiled again when it is called for. */
  readonly shaders?: number;
  /**
   * The most bytes, 2³⁰ unless said, of float32 arrays that are kept of the 16-bit weights they were made of, four an element. Beyond it the longest
   * unused goes, and is made again when it is called for.
   */
  readonly widened?: number;
}

/** The gpu.js device, and the counts of what it did. */
export interface GpujsDevice extends Device {
  /** Which interface it runs on. */
  readonly api: Api;
  /** What was compiled, uploaded and widened so far. */
  counts(): Readonly<Counts>;
}

/**
 * The graphics processor as a device, through gpu.js: WebGPU where there is an adapter, else WebGL2 with float32 textures. Arrays stay on it; a
 * call is enqueued at once, and an error of it surfaces at the read.
 *
 * @throws DeviceError where there is neither.
 *
 * @example
 * ```ts no-run
 * import { gpujs } from "@ashlar/backend-gpujs";
 *
 * await using device = await gpujs();
 * console.log(device.description); // "gpu.js on WebGPU, nvidia ampere"
 * ```
 */
export async function gpujs({ prefer = "webgpu", only, shaders = 1024, widened = 2 ** 30 }: GpujsOptions = {}): Promise<GpujsDevice> {
  if (!(Number.isInteger(shaders) && shaders >= 16)) throw new DeviceError(`gpujs: shaders must be a whole number from 16 on, got ${shaders}`);
  if (!(widened >= 0)) throw new DeviceError(`gpujs: widened must be a number of bytes from 0 on, got ${widened}`);
  const module = await loadLibrary();
  const order: readonly Api[] = only ? [only] : prefer === "webgpu" ? ["webgpu", "webgl2"] : ["webgl2", "webgpu"];
  const missing: string[] = [];
  for (const api of order) {
    const reason = await whyNot(module, api);
    if (reason !== undefined) {
      missing.push(reason);
      continue;
    }
    const { library, release } = lease<Library>(
      api,
      () => new module.GPU({ mode: api }),
      ({ context }) => !context?.isContextLost?.(),
    );
    let engine: Engine;
    try {
      engine = await (api === "webgpu" ? webgpuEngine : webgl2Engine)(module, library);
    } catch (error) {
      await release();
      missing.push(error instanceof Error ? error.message : String(error));
      continue;
    }
    const { device, counts } = makeDevice(engine, { shaders, widened, close: () => release(engine.lost() !== undefined) });
    return { ...device, api, counts: () => ({ ...counts }) };
  }
  throw new DeviceError(`gpujs: ${missing.join("; ")}. Use wasm() of @ashlar/backend-wasm, which runs everywhere`);
}

/** Why an interface can't be used here; undefined where it can. */
async function whyNot({ GPU }: GpuJs, api: Api): Promise<string | undefined> {
  if (api === "webgpu") return (await GPU.isWebGPUAvailable()) ? undefined : "no WebGPU adapter here";
  if (!GPU.isWebGL2Supported) return "no WebGL2 here";
  return GPU.isSinglePrecisionSupported ? undefined : "WebGL2 here can't draw into float32 textures";
}
