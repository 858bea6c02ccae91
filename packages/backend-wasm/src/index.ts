export type { MemoryLimits, WasmOptions } from "./wasm.ts";
export { wasm } from "./wasm.ts";
export type { Simd } from "./module/load.ts";
