import type { Device } from "../../../packages/backend/src/index.ts";
import { gpujs } from "../../../packages/backend-gpujs/src/index.ts";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";

/** Ashlar's device for a backend's name. */
export async function deviceOf(backend: string, threads: number): Promise<Device> {
  return backend === "wasm" ? wasm({ threads }) : gpujs({ only: backend === "webgpu" ? "webgpu" : "webgl2" });
}
