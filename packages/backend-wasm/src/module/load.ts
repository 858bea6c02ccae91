import { DeviceError } from "@ashlar/backend";
import { lengths, modules } from "../generated/modules.ts";
import { joined } from "./joined.ts";
import type { WasmKernels } from "./kernels.ts";
import { withSharedMemory } from "./shared.ts";
import { separated } from "./stripes.ts";
import type { FunctionTable, LinearMemory } from "./webassembly.ts";
import { webAssembly } from "./webassembly.ts";

/** Which of the two builds of the kernels runs: with relaxed SIMD's fused multiply-add, or with plain SIMD. */
export type Simd = "relaxed" | "plain";

// (module (func (param v128) (result v128) local.get 0 local.get 0 local.get 0 f32x4.relaxed_madd)): valid only where relaxed SIMD is known
const RELAXED_TEST = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0],
  ...[10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11],
);

/** The better build that this runtime can run. */
export function bestSimd(): Simd {
  return webAssembly().validate(RELAXED_TEST) ? "relaxed" : "plain";
}

/** The kernels over a memory, and the module that helper threads make them of. */
export interface Loaded {
  /** The kernels. */
  readonly kernels: WasmKernels;
  /** The compiled module. */
  readonly module: object;
  /** The module's bytes. */
  readonly binary: Uint8Array;
  /** The functions that kernels call by their place: modules emitted for programs. */
  readonly table: FunctionTable;
}

/** Compiles and instantiates a build of the kernels over a memory. @throws DeviceError where the runtime can't run it. */
export async function loadKernels(simd: Simd, memory: LinearMemory, { sharedPages }: { readonly sharedPages?: number } = {}): Promise<Loaded> {
  const api = webAssembly();
  const [relaxed, plain] = separated(await inflated(modules), lengths);
  const unshared = simd === "relaxed" ? relaxed : plain;
  const binary = sharedPages === undefined ? unshared : withSharedMemory(unshared, sharedPages);
  if (!api.validate(binary)) {
    throw new DeviceError(`wasm: this runtime can't run the kernels' ${simd} SIMD; ${simd === "relaxed" ? 'ask for simd: "plain"' : "use reference()"}`);
  }
  const module = await api.compile(binary);
  const { exports } = await api.instantiate(module, { env: { memory, abort } });
  return { kernels: exports as WasmKernels, module, binary, table: (exports as { readonly table: FunctionTable }).table };
}

/** The bytes that were deflated and written in base64. */
async function inflated(text: string): Promise<Uint8Array> {
  const characters = atob(text);
  const deflated = new Uint8Array(characters.length);
  for (let at = 0; at < deflated.length; at++) deflated[at] = characters.charCodeAt(at);
  // by hand: in Node a Response brings all of fetch with it, which takes longer than everything else here
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  const written = writer.write(deflated).then(() => writer.close());
  const chunks: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  await written;
  return joined(chunks);
}

function abort(): never {
  throw new DeviceError("wasm: a kernel met a state that it holds to be impossible");
}
