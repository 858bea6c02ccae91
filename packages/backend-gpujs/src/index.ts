export type { Api, GpujsDevice, GpujsOptions } from "./gpujs.ts";
export { gpujs } from "./gpujs.ts";
export type { Counts } from "./device/shaders.ts";
