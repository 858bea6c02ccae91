/** What can compute in a page. */
export type DeviceName = "reference" | "wasm" | "webgpu" | "webgl2";

/** A device as people choose it. */
export interface Choice {
  /** Its name. */
  readonly name: DeviceName;
  /** As it is written. */
  readonly title: string;
  /** What it is. */
  readonly says: string;
}

/** Every device, the specification first. */
export const choices: readonly Choice[] = [
  { name: "reference", title: "reference", says: "plain TypeScript, the specification" },
  { name: "wasm", title: "WASM", says: "WebAssembly with SIMD and threads" },
  { name: "webgpu", title: "WebGPU", says: "graphics processor, through gpu.js" },
  { name: "webgl2", title: "WebGL2", says: "graphics processor, through gpu.js" },
];
