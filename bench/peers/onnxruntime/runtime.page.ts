import type { InferenceSession, Tensor } from "onnxruntime-common";
import type { Runtime } from "./runtime.ts";

/** onnxruntime-web in a page, on WebAssembly or WebGPU. */
export async function runtime(_which: string, threads: number, backend = "wasm"): Promise<Runtime> {
  const ort = (await (backend === "webgpu" ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm"))) as typeof import("onnxruntime-common");
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = "/onnxruntime/";
  const options: InferenceSession.SessionOptions = { executionProviders: [backend], intraOpNumThreads: threads, graphOptimizationLevel: "all" };
  const { Tensor, InferenceSession } = ort;
  return {
    web: true,
    int64: (values, dims) => new Tensor("int64", BigInt64Array.from(values, BigInt), dims),
    int32: (values, dims) => new Tensor("int32", Int32Array.from(values), dims),
    float32: (values, dims) => new Tensor("float32", values, dims),
    open: () => Promise.reject(new Error("a page has no models")),
    session: (model) => InferenceSession.create(model, options),
  };
}

/** The numbers of a float32 tensor. */
export const numbersOf = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array;
