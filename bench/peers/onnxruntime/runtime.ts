import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { modelFolder } from "../../models/folder.ts";

type Library = typeof import("onnxruntime-common");

/** onnxruntime, on WebAssembly or native. */
export interface Runtime {
  readonly web: boolean;
  int64(values: readonly number[], dims: readonly number[]): Tensor;
  int32(values: readonly number[], dims: readonly number[]): Tensor;
  float32(values: Float32Array, dims: readonly number[]): Tensor;
  /** A session over a graph of a model in the cache, whose weights lie beside it. */
  open(model: string, graph: string): Promise<InferenceSession>;
  /** A session over a whole model. */
  session(model: Uint8Array): Promise<InferenceSession>;
}

/** `web` or `node`, with so many threads. */
export async function runtime(which: string, threads: number, _backend = "wasm"): Promise<Runtime> {
  const web = which === "web";
  const ort = createRequire(import.meta.url)(web ? "onnxruntime-web" : "onnxruntime-node") as Library;
  if (web) ort.env.wasm.numThreads = threads;
  const options: InferenceSession.SessionOptions = {
    executionProviders: [web ? "wasm" : "cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  };
  const { Tensor, InferenceSession } = ort;
  return {
    web,
    int64: (values, dims) => new Tensor("int64", BigInt64Array.from(values, BigInt), dims),
    int32: (values, dims) => new Tensor("int32", Int32Array.from(values), dims),
    float32: (values, dims) => new Tensor("float32", values, dims),
    async open(model, graph) {
      const folder = modelFolder(model);
      if (!web) return InferenceSession.create(`${folder}/${graph}`, options);
      const externalData = [{ path: "model.safetensors", data: new Uint8Array(readFileSync(`${folder}/model.safetensors`)) }];
      return InferenceSession.create(new Uint8Array(readFileSync(`${folder}/${graph}`)), { ...options, externalData });
    },
    session: (model) => InferenceSession.create(model, options),
  };
}

/** The numbers of a float32 tensor. */
export const numbersOf = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array;
