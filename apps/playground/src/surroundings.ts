/** What this browser has, as far as it tells without any device's code. */
export interface Surroundings {
  /** How it calls itself. */
  readonly userAgent: string;
  /** How many threads run at once. */
  readonly threads: number;
  /** Whether threads may share memory. */
  readonly isolated: boolean;
  /** The adapter of WebGPU, or why there is none. */
  readonly webgpu: Found;
  /** The renderer of WebGL2, or why there is none. */
  readonly webgl2: Found;
}

/** Something that is there or not. */
export interface Found {
  /** Whether it is there. */
  readonly there: boolean;
  /** What it is, or what is missing. */
  readonly says: string;
}

interface Adapter {
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly device?: string; readonly description?: string };
  readonly isFallbackAdapter?: boolean;
}

async function webgpu(): Promise<Found> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<Adapter | null> } };
  if (!gpu) return { there: false, says: isSecureContext ? "this browser has no WebGPU" : "a page has WebGPU only over https or from localhost" };
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return { there: false, says: "this browser has WebGPU, but no adapter" };
    const { vendor, architecture, device, description } = adapter.info ?? {};
    const named = [description || device, vendor, architecture].filter(Boolean).join(", ");
    return { there: true, says: named || "an adapter that doesn't give its name" };
  } catch (error) {
    return { there: false, says: `no adapter: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function webgl2(): Found {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return { there: false, says: "this browser has no WebGL2" };
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  const says = String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  const floats = gl.getExtension("EXT_color_buffer_float") !== null;
  gl.getExtension("WEBGL_lose_context")?.loseContext(); // a page may hold few contexts
  return floats ? { there: true, says } : { there: false, says: `${says}: can't draw into float32 textures` };
}

/** Looks around. */
export async function lookAround(): Promise<Surroundings> {
  return {
    userAgent: navigator.userAgent,
    threads: navigator.hardwareConcurrency || 1,
    isolated: globalThis.crossOriginIsolated === true,
    webgpu: await webgpu(),
    webgl2: webgl2(),
  };
}
